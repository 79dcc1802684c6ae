// PNG files to RGB, to the same bytes as Pillow's convert("RGB"): alpha, transparency, gamma and profiles are left out.
// Written here because browsers premultiply alpha and convert colours on the way, and a PNG needs little more than the
// inflate that every platform has. Layout and filters: https://www.w3.org/TR/png-3/
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { Picture } from "../picture.ts";
import { damaged } from "./damaged.ts";
import { exifOrientation } from "./exif.ts";

/** What stands before the pixels of a PNG, and where the pixels are. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colorType: number;
  readonly interlaced: boolean;
  /** Red, green, blue of each index. */
  readonly palette: Uint8Array;
  /** The compressed pixels, in pieces. */
  readonly data: readonly Uint8Array<ArrayBuffer>[];
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
}

/** Decompresses zlib data in pieces. */
export type Inflate = (parts: readonly Uint8Array<ArrayBuffer>[]) => AsyncIterable<Uint8Array>;

const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
/** Start and step of the seven passes of an interlaced picture: [x, y, dx, dy]. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Reads the chunks without decompressing anything. Throws "invalid-image". */
export function pngHeader(bytes: Uint8Array<ArrayBuffer>, subject: string): PngHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array<ArrayBuffer>[] = [];
  let palette = new Uint8Array();
  let orientation = 1;
  let at = 8;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    // The pixels have a checksum of their own inside.
    const checked = kind === "IHDR" || kind === "PLTE";
    const isFirst = kind === "IHDR" && length === 13;
    if (at + 12 + length > bytes.length || (at === 8) !== isFirst) throw damaged(subject);
    if (checked && crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw damaged(subject, `a wrong checksum of ${kind}`);
    }
    if (kind === "PLTE") palette = content.slice();
    if (kind === "eXIf") orientation = exifOrientation(content);
    if (kind === "IDAT") data.push(content);
    if (kind === "IEND") break;
    at += 12 + length;
  }
  if (data.length === 0) throw damaged(subject);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth = 0, colorType = 0, compression, filter, interlace = 0] = bytes.subarray(24, 29);
  const valid = depthsOf[colorType]?.includes(depth) && compression === 0 && filter === 0 && interlace < 2;
  if (!valid || width * height === 0 || (colorType === 3 && palette.length < 3)) throw damaged(subject);
  return { width, height, depth, colorType, interlaced: interlace === 1, palette, data, orientation };
}

/** Decodes the pixels. Memory: the picture and its uncompressed rows. Throws "invalid-image", "aborted". */
export async function pngToRgb(
  header: PngHeader,
  inflate: Inflate,
  subject: string,
  signal?: AbortSignal,
): Promise<Picture> {
  const { width, height, depth, colorType, interlaced } = header;
  const bits = depth * (channelsOf[colorType] ?? 0);
  const passes = (interlaced ? adam7 : [[0, 0, 1, 1] as const])
    .map(([left, top, dx, dy]) => {
      const [columns, rows] = [Math.ceil((width - left) / dx), Math.ceil((height - top) / dy)];
      return { left, top, dx, dy, columns, rows, stride: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const total = passes.reduce((sum, { rows, stride }) => sum + rows * (stride + 1), 0);
  const raw = await inflated(header, total, inflate, subject, signal);
  const rgb = new Uint8Array(width * height * 3);
  const write = rowWriter(header);
  let at = 0;
  for (const { left, top, dx, dy, columns, rows, stride } of passes) {
    let above = new Uint8Array(stride);
    for (let y = 0; y < rows; y++, at += stride + 1) {
      const row = raw.subarray(at + 1, at + 1 + stride);
      unfilter(raw[at] ?? 0, row, above, Math.max(1, bits >> 3), subject);
      above = row;
      write(row, columns, rgb, ((top + y * dy) * width + left) * 3, dx * 3);
    }
  }
  return { width, height, data: rgb };
}

/** The filtered rows. What is more than the picture needs is not kept, so a bomb costs nothing. */
async function inflated(
  { data }: PngHeader,
  total: number,
  inflate: Inflate,
  subject: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const raw = new Uint8Array(total);
  let have = 0;
  try {
    for await (const chunk of inflate(data)) {
      throwIfAborted(signal, subject);
      if (have === total) break;
      raw.set(chunk.subarray(0, total - have), have);
      have = Math.min(total, have + chunk.length);
    }
  } catch (cause) {
    if (GlimpseError.isInstance(cause)) throw cause;
    throw damaged(subject, undefined, cause);
  }
  if (have < total) throw damaged(subject, `${have} of ${total} bytes of pixels`);
  return raw;
}

function unfilter(kind: number, row: Uint8Array, above: Uint8Array, step: number, subject: string): void {
  if (kind > 4) throw damaged(subject, `a filter of kind ${kind}`);
  if (kind === 0) return;
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : (row[i - step] ?? 0);
    const up = above[i] ?? 0;
    const corner = i < step ? 0 : (above[i - step] ?? 0);
    const guess = kind === 1 ? left : kind === 2 ? up : kind === 3 ? (left + up) >> 1 : paeth(left, up, corner);
    row[i] = (row[i] ?? 0) + guess;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

type RowWriter = (row: Uint8Array, columns: number, rgb: Uint8Array, to: number, step: number) => void;

/** Writes one row's colours from position `to` on, `step` bytes from pixel to pixel. */
function rowWriter({ colorType, depth, palette }: PngHeader): RowWriter {
  const channels = channelsOf[colorType] ?? 1;
  const bytes = depth === 16 ? 2 : 1;
  const isColor = colorType === 2 || colorType === 6;
  if (depth >= 8 && colorType !== 3) {
    const [green, blue] = isColor ? [bytes, 2 * bytes] : [0, 0];
    // Pillow keeps the high byte of 16 bits, but clips plain grey at 255.
    const clips = colorType === 0 && depth === 16;
    return (row, columns, rgb, to, step) => {
      for (let x = 0, from = 0; x < columns; x++, from += channels * bytes, to += step) {
        const grey = clips && (row[from] ?? 0) > 0 ? 255 : undefined;
        rgb[to] = grey ?? row[clips ? from + 1 : from] ?? 0;
        rgb[to + 1] = grey ?? row[clips ? from + 1 : from + green] ?? 0;
        rgb[to + 2] = grey ?? row[clips ? from + 1 : from + blue] ?? 0;
      }
    };
  }
  const mask = 2 ** depth - 1;
  const scale = 255 / mask;
  return (row, columns, rgb, to, step) => {
    for (let x = 0; x < columns; x++, to += step) {
      const bit = x * depth;
      const sample = ((row[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & mask;
      // An index beyond the palette is black, as in Pillow.
      for (let c = 0; c < 3; c++) rgb[to + c] = colorType === 3 ? (palette[sample * 3 + c] ?? 0) : sample * scale;
    }
  };
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
