// The first frame of a WebP file as a file of its own that has no profile, no EXIF and, unless it is lossless, no alpha:
// what is not there, no decoder can convert, turn by or premultiply. Decodes no pixels.
// Layout: RFC 9649 (WebP container, VP8L), RFC 6386 section 9.1 (VP8).
import { damaged } from "./damaged.ts";
import { exifOrientation } from "./exif.ts";

/** The first frame and where it lies on the canvas. */
export interface WebpFrame {
  /** Size of the canvas. */
  readonly width: number;
  readonly height: number;
  readonly frame: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** Whether the still file has alpha, as only a lossless one can have. */
  readonly hasAlpha: boolean;
  /** The parts of a still WebP file of the frame alone. */
  readonly file: readonly Uint8Array<ArrayBuffer>[];
}

interface Chunk {
  readonly kind: string;
  readonly data: Uint8Array;
}

/** Reads the chunks. Throws "invalid-image" if one is cut off, or there is no picture. */
export function webpFrame(bytes: Uint8Array, subject: string): WebpFrame {
  if (uint(bytes, 4, 4) + 8 > bytes.length) throw damaged(subject);
  const chunks = chunksOf(bytes.subarray(12, 8 + uint(bytes, 4, 4)), subject);
  const find = (kind: string, list = chunks) => list.find((chunk) => chunk.kind === kind)?.data;
  const extended = find("VP8X");
  const animated = find("ANMF");
  const parts = animated === undefined ? chunks : chunksOf(animated.subarray(16), subject);
  const image = parts.find(({ kind }) => kind === "VP8 " || kind === "VP8L");
  if (image === undefined) throw damaged(subject);
  const size = imageSize(image, subject);
  const canvas = extended === undefined ? size : { width: uint(extended, 4, 3) + 1, height: uint(extended, 7, 3) + 1 };
  const [left, top] = animated === undefined ? [0, 0] : [uint(animated, 0, 3) * 2, uint(animated, 3, 3) * 2];
  if (left + size.width > canvas.width || top + size.height > canvas.height) throw damaged(subject);
  const exif = find("EXIF");
  // Some writers put JPEG's prefix before the TIFF header.
  const tiff = exif?.[0] === 0x45 ? exif.subarray(6) : exif;
  return {
    ...canvas,
    frame: { left, top, ...size },
    orientation: tiff === undefined ? 1 : exifOrientation(tiff),
    // Bit 28 after the signature says that alpha is used.
    hasAlpha: image.kind === "VP8L" && ((image.data[4] ?? 0) & 0x10) !== 0,
    file: stillFile(image),
  };
}

function chunksOf(bytes: Uint8Array, subject: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = uint(bytes, at + 4, 4);
    const data = bytes.subarray(at + 8, at + 8 + length);
    const kind = String.fromCharCode(...bytes.subarray(at, at + 4));
    if (data.length < length) throw damaged(subject);
    chunks.push({ kind, data });
    // The pictures after the first are not wanted, and may be very many.
    if (kind === "ANMF") break;
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function imageSize({ kind, data }: Chunk, subject: string): { width: number; height: number } {
  const lossless = kind === "VP8L";
  const valid = lossless
    ? data.length > 5 && data[0] === 0x2f
    : data.length > 10 && data[3] === 0x9d && data[4] === 0x01 && data[5] === 0x2a;
  const bits = uint(data, 1, 4);
  const size = lossless
    ? { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    : { width: uint(data, 6, 2) & 0x3fff, height: uint(data, 8, 2) & 0x3fff };
  if (!valid || size.width === 0 || size.height === 0) throw damaged(subject);
  return size;
}

function stillFile({ kind, data }: Chunk): Uint8Array<ArrayBuffer>[] {
  const padded = data.length + (data.length % 2);
  const head = new Uint8Array(20);
  head.set(new TextEncoder().encode("RIFF"), 0);
  head.set(new TextEncoder().encode(`WEBP${kind}`), 8);
  const view = new DataView(head.buffer);
  view.setUint32(4, padded + 12, true);
  view.setUint32(16, data.length, true);
  const body = new Uint8Array(padded);
  body.set(data);
  return [head, body];
}

/** A little-endian number of `length` bytes; what lies beyond the end counts as 0. */
function uint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
