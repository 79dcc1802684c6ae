// Animated GIFs: the list of frames, and the frames one after the other on their canvas, with the pixels of Pillow. No
// platform has a decoder for them that the others have too. Layout: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { Picture } from "../picture.ts";
import { unpackLzw } from "./gif-lzw.ts";

/** One frame in the file. */
interface GifImage {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Where its colours begin, and how many there are. */
  readonly colors: number;
  readonly colorCount: number;
  /** The index of pixels that show what is behind, or -1. */
  readonly transparent: number;
  /** What becomes of its place afterwards: 2 background, 3 what was there before, else it stays. */
  readonly disposal: number;
  /** Where its packed pixels begin. */
  readonly data: number;
}

/** An animation. */
export interface Gif {
  /** The canvas, which grows where a frame is larger. */
  readonly width: number;
  readonly height: number;
  readonly images: readonly GifImage[];
  /** When each frame is shown, in seconds. */
  readonly starts: readonly number[];
  readonly end: number;
  readonly background: number;
  readonly bytes: Uint8Array;
}

/**
 * Lists the frames of a file without unpacking them. A delay of less than 20 ms counts as 100, as in browsers. `name`
 * stands for the file in errors: "invalid-clip" where it is cut off, has no frame, or more than `mostFrames` of them.
 */
export function readGif(bytes: Uint8Array, mostFrames: number, name: string): Gif {
  const reader = new GifReader(bytes, name);
  const globalCount = tableCount(reader.byte(10));
  let [width, height] = [reader.word(6), reader.word(8)];
  const images: GifImage[] = [];
  const starts: number[] = [];
  let end = 0;
  let control = { transparent: -1, disposal: 0, delay: 10 };
  reader.at = 13 + 3 * globalCount;
  for (;;) {
    const kind = reader.next();
    if (kind === 0x3b) break;
    if (kind === 0x21) {
      const label = reader.next();
      if (label === 0xf9 && reader.byte(reader.at) >= 4) control = reader.control();
      reader.skipBlocks();
    } else if (kind === 0x2c) {
      if (images.length === mostFrames) {
        throw damaged({
          subject: name,
          problem: "the animation has too many frames",
          expected: `at most ${mostFrames}`,
        });
      }
      const { at } = reader;
      const [left, top, w, h] = [reader.word(at), reader.word(at + 2), reader.word(at + 4), reader.word(at + 6)];
      const flags = reader.byte(at + 8);
      const localCount = tableCount(flags);
      reader.at = at + 9 + 3 * localCount;
      const data = reader.at;
      reader.next();
      reader.skipBlocks();
      const { transparent, disposal, delay } = control;
      images.push({
        left,
        top,
        width: w,
        height: h,
        interlaced: (flags & 64) !== 0,
        colors: localCount > 0 ? at + 9 : 13,
        colorCount: localCount > 0 ? localCount : globalCount,
        transparent,
        disposal,
        data,
      });
      starts.push(end / 100);
      end += delay;
      [width, height] = [Math.max(width, left + w), Math.max(height, top + h)];
      control = { transparent: -1, disposal: 0, delay: 10 };
    } else {
      throw damaged({ subject: name, problem: "the animation is damaged", got: `byte ${kind} where a block begins` });
    }
  }
  if (images.length === 0 || width === 0 || height === 0) {
    throw damaged({ subject: name, problem: "the animation has no frames" });
  }
  return { width, height, images, starts, end: end / 100, background: reader.byte(11), bytes };
}

/**
 * The canvas after each of the frames at `indices`, ascending. All frames up to the last of them are unpacked, since each
 * is drawn on the one before. Every picture is a copy.
 */
export function* gifPictures(gif: Gif, indices: readonly number[], name: string): Generator<Picture | undefined> {
  const { width, height, images } = gif;
  const [first] = images;
  const canvas = new Uint8Array(width * height * 3);
  // What a first frame leaves open has the colour of its transparent index, or of index 0.
  if (first !== undefined)
    fill(canvas, width, { left: 0, top: 0, width, height }, colorOf(gif, first, Math.max(0, first.transparent)));
  const wanted = new Set(indices);
  const last = Math.max(...indices);
  for (const [i, image] of images.entries()) {
    if (i > last) return;
    const saved = image.disposal === 3 ? canvas.slice() : undefined;
    draw(canvas, gif, image, i, name);
    yield wanted.has(i) ? { width, height, data: canvas.slice() } : undefined;
    if (saved !== undefined) canvas.set(saved);
    if (image.disposal === 2) {
      const index = image.transparent >= 0 ? image.transparent : gif.background;
      fill(canvas, width, image, colorOf(gif, image, index));
    }
  }
}

function draw(canvas: Uint8Array, gif: Gif, image: GifImage, index: number, name: string): void {
  const { left, top, width, height, transparent } = image;
  const pixels = unpackLzw(gif.bytes, image.data, width * height);
  if (pixels === undefined) {
    throw damaged({ subject: name, problem: `frame ${index} of the animation is damaged or cut off` });
  }
  for (let line = 0; line < height; line++) {
    const y = image.interlaced ? interlacedRow(line, height) : line;
    for (let x = 0, from = line * width, to = ((top + y) * gif.width + left) * 3; x < width; x++, from++, to += 3) {
      const color = pixels[from] ?? 0;
      if (color === transparent) continue;
      // An index beyond the table stands for grey of that level, as in Pillow.
      const at = color < image.colorCount ? image.colors + 3 * color : -1;
      for (let c = 0; c < 3; c++) canvas[to + c] = at < 0 ? color : (gif.bytes[at + c] ?? 0);
    }
  }
}

/** Rows are stored in four passes: every 8th from 0, every 8th from 4, every 4th from 2, every 2nd from 1. */
function interlacedRow(line: number, height: number): number {
  let rest = line;
  for (const [start, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const) {
    const rows = Math.max(0, Math.ceil((height - start) / step));
    if (rest < rows) return start + rest * step;
    rest -= rows;
  }
  return line;
}

type Color = readonly [number, number, number];

function colorOf({ bytes }: Gif, { colors, colorCount }: GifImage, index: number): Color {
  if (index >= colorCount) return [index, index, index];
  const at = colors + 3 * index;
  return [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
}

function fill(
  canvas: Uint8Array,
  canvasWidth: number,
  { left, top, width, height }: Pick<GifImage, "left" | "top" | "width" | "height">,
  color: Color,
): void {
  for (let y = top; y < top + height; y++) {
    for (let x = left, at = (y * canvasWidth + left) * 3; x < left + width; x++, at += 3) canvas.set(color, at);
  }
}

/** Colours of a table, by the flags ahead of it. */
function tableCount(flags: number): number {
  return flags & 0x80 ? 2 ** ((flags & 7) + 1) : 0;
}

/** A place in the file, with every read checked. */
class GifReader {
  at = 0;
  private readonly bytes: Uint8Array;
  private readonly name: string;

  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
  }

  byte(at: number): number {
    const byte = this.bytes[at];
    if (byte !== undefined) return byte;
    throw damaged({ subject: this.name, problem: "the animation is cut off", got: `${this.bytes.length} bytes` });
  }

  word(at: number): number {
    return this.byte(at) + this.byte(at + 1) * 256;
  }

  next(): number {
    return this.byte(this.at++);
  }

  skipBlocks(): void {
    for (let length = this.next(); length > 0; length = this.next()) this.at += length;
  }

  /** The graphic control extension that begins here; its place is not left. */
  control() {
    const { at } = this;
    const flags = this.byte(at + 1);
    const delay = this.word(at + 2);
    return {
      disposal: (flags >> 2) & 7,
      delay: delay < 2 ? 10 : delay,
      transparent: flags & 1 ? this.byte(at + 4) : -1,
    };
  }
}

function damaged(problem: Problem): GlimpseError {
  return new GlimpseError(problem, { code: "invalid-clip" });
}
