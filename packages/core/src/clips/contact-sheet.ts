// A contact sheet: the frames that a model sees of a clip in one picture, each with its time, as a PNG.
import { type Clip, type ClipFrame, resize } from "@glimpsejs/processor";
import { encodePng } from "../explain/png.ts";
import { drawText, textHeight, textWidth } from "./digits.ts";

/** Options of contactSheetPng(). */
export interface ContactSheetOptions {
  /** Width of a frame on the sheet in pixels. Default 240. */
  readonly frameWidth?: number | undefined;
  /** Frames beside each other. Default: as many as make the sheet about as wide as high. */
  readonly columns?: number | undefined;
  /** Stops between two frames; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

const bilinear = 2;
const gap = 8;
const paper = 24;
const scale = 2;
const captionHeight = textHeight * scale + 10;

/** What contactSheetPng() does. */
export async function drawContactSheet(clip: Clip, options: ContactSheetOptions): Promise<Uint8Array> {
  const { frameWidth = 240, signal } = options;
  const count = clip.timestamps.length;
  const columns = Math.min(count, options.columns ?? Math.ceil(Math.sqrt(count)));
  let sheet: Sheet | undefined;
  let at = 0;
  for await (const frame of clip.frames({ signal })) {
    // The first frame decides how high a cell is; a frame of another shape is fitted into it.
    const cell = { width: frameWidth, height: Math.max(1, Math.round((frame.height * frameWidth) / frame.width)) };
    sheet ??= newSheet(cell, columns, Math.ceil(count / columns));
    place(sheet, frame, at++);
  }
  return encodePng(sheet ?? newSheet({ width: 1, height: 1 }, 1, 1));
}

/** RGB pixels, and the size of the place of one frame on them. */
interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly cell: { readonly width: number; readonly height: number };
  readonly columns: number;
}

function newSheet(cell: Sheet["cell"], columns: number, rows: number): Sheet {
  const width = gap + columns * (cell.width + gap);
  const height = gap + rows * (cell.height + captionHeight);
  return { width, height, data: new Uint8Array(width * height * 3).fill(paper), cell, columns };
}

function place(sheet: Sheet, frame: ClipFrame, at: number): void {
  const { cell, columns } = sheet;
  const factor = Math.min(cell.width / frame.width, cell.height / frame.height);
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  const small = resize(frame, { width: side(frame.width), height: side(frame.height) }, bilinear);
  const left = gap + (at % columns) * (cell.width + gap);
  const top = gap + Math.floor(at / columns) * (cell.height + captionHeight);
  const x = left + Math.floor((cell.width - small.width) / 2);
  const y = top + Math.floor((cell.height - small.height) / 2);
  for (let row = 0; row < small.height; row++) {
    const line = small.data.subarray(row * small.width * 3, (row + 1) * small.width * 3);
    sheet.data.set(line, ((y + row) * sheet.width + x) * 3);
  }
  const text = `${frame.timestamp.toFixed(2)} s`;
  const indent = Math.floor((cell.width - textWidth(text) * scale) / 2);
  drawText(sheet, text, left + Math.max(0, indent), top + cell.height + 5, scale);
}
