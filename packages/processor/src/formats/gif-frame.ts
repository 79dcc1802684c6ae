// The first frame of a GIF on its canvas as Pillow's convert("RGB") gives it. Decoders forget the colour of transparent
// pixels, and libvips distrusts some canvas sizes; both stand in the headers. Does not decompress.
import { GlimpseError } from "@glimpsejs/base";
import type { Picture } from "../picture.ts";
import { damaged } from "./damaged.ts";

/** Bytes of a table of colours, by the flags that announce it. */
const tableLength = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** The canvas of a GIF, and where on it the first frame lies. */
export interface GifFrame {
  /** Width of the canvas, which grows where the frame is larger. */
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Red, green, blue of what the frame leaves open: of its transparent index, or of index 0 where it has none. */
  readonly open: readonly [number, number, number];
  /** Where the frame's data begin. */
  readonly data: number;
}

/**
 * Reads the headers up to the first frame. `subject` names the file in errors.
 * Layout: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 */
export function gifFrame(bytes: Uint8Array, subject: string): GifFrame {
  const byte = (at: number) => bytes[at] ?? 0;
  const word = (at: number) => byte(at) + byte(at + 1) * 256;
  const globalLength = tableLength(byte(10));
  let at = 13 + globalLength;
  let index = 0;
  while (byte(at) === 0x21) {
    // A graphic control extension of 4 bytes; bit 0 says that its last byte is the transparent index.
    if (byte(at + 1) === 0xf9 && byte(at + 3) & 1) index = byte(at + 6);
    at += 2;
    while (byte(at) > 0) at += byte(at) + 1;
    at++;
  }
  if (byte(at) !== 0x2c) {
    throw new GlimpseError({ subject, problem: "no frame follows the headers" }, { code: "invalid-image" });
  }
  const localLength = tableLength(byte(at + 9));
  const [table, length] = localLength > 0 ? [at + 10, localLength] : [13, globalLength];
  const entry = table + 3 * index;
  const [left, top] = [word(at + 1), word(at + 3)];
  const [right, bottom] = [left + word(at + 5), top + word(at + 7)];
  return {
    width: Math.max(word(6), right),
    height: Math.max(word(8), bottom),
    left,
    top,
    right,
    bottom,
    // An index beyond the table stands for grey of that level, as in Pillow.
    open: 3 * index < length ? [byte(entry), byte(entry + 1), byte(entry + 2)] : [index, index, index],
    data: at + 10 + localLength,
  };
}

/** Where the data of the first frame end. Throws "invalid-image" if the file ends before that. */
export function gifEnd(bytes: Uint8Array, { data }: GifFrame, subject: string): number {
  // The minimum code size, then blocks that begin with their length; one of length 0 is the last.
  let at = data + 1;
  for (let length = bytes[at]; length !== undefined && length > 0; length = bytes[at]) at += length + 1;
  if (at >= bytes.length) throw damaged(subject);
  return at + 1;
}

/** The whole canvas from the decoder's RGBA, whose own canvas is `columns` wide and holds the frame at the same place. */
export function gifToRgb({ width, height, open, ...frame }: GifFrame, rgba: Uint8Array, columns: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const inside = x >= frame.left && x < frame.right && y >= frame.top && y < frame.bottom;
      const from = (y * columns + x) * 4;
      const opaque = inside && rgba[from + 3] === 255;
      for (let c = 0; c < 3; c++) data[to + c] = (opaque ? rgba[from + c] : open[c]) ?? 0;
    }
  }
  return { width, height, data };
}
