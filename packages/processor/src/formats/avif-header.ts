// Size, bit depth and alpha of an AVIF file, and whether it is whole. Decodes no pixels.
// Layout: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (ispe, auxC), AV1-ISOBMFF (av1C).
import { damaged } from "./damaged.ts";

/** What the boxes of an AVIF file say. */
export interface AvifHeader {
  /** The largest of the pictures in it. */
  readonly width: number;
  readonly height: number;
  readonly highDepth: boolean;
  readonly hasAlpha: boolean;
}

interface Box {
  readonly kind: string;
  readonly data: Uint8Array;
}

const containers: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0 };

/** Reads the properties of all pictures. Throws "invalid-image" if a box is cut off or there is no size. */
export function avifHeader(bytes: Uint8Array, subject: string): AvifHeader {
  const properties = flatten(boxesOf(bytes, subject), subject);
  const sizes = properties
    .filter(({ kind, data }) => kind === "ispe" && data.length >= 12)
    .map(({ data }) => ({ width: uint(data, 4), height: uint(data, 8) }));
  const [largest] = sizes.sort((a, b) => b.width * b.height - a.width * a.height);
  if (largest === undefined || largest.width * largest.height === 0) throw damaged(subject);
  return {
    ...largest,
    // Bits 6 and 5 of the third byte: high bit depth, and twelve bits.
    highDepth: properties.some(({ kind, data }) => kind === "av1C" && ((data[2] ?? 0) & 0x60) !== 0),
    hasAlpha: properties.some(({ kind, data }) => kind === "auxC" && text(data.subarray(4)).includes("alpha")),
  };
}

function flatten(boxes: readonly Box[], subject: string): Box[] {
  return boxes.flatMap((box) => {
    const skip = containers[box.kind];
    return skip === undefined ? [box] : flatten(boxesOf(box.data.subarray(skip), subject), subject);
  });
}

function boxesOf(bytes: Uint8Array, subject: string): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length; ) {
    const short = uint(bytes, at);
    const long = short === 1;
    const size = long ? uint(bytes, at + 8) * 2 ** 32 + uint(bytes, at + 12) : short === 0 ? bytes.length - at : short;
    const start = at + (long ? 16 : 8);
    if (start > at + size || at + size > bytes.length) throw damaged(subject);
    boxes.push({ kind: text(bytes.subarray(at + 4, at + 8)), data: bytes.subarray(start, at + size) });
    at += size;
  }
  return boxes;
}

function uint(bytes: Uint8Array, at: number): number {
  return [0, 1, 2, 3].reduce((value, i) => value * 256 + (bytes[at + i] ?? 0), 0);
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 64));
}
