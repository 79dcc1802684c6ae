// What tests in a browser share: the fixtures over HTTP, and how far a picture is from Pillow's.
import type { Picture } from "../src/picture.ts";

/** What Pillow makes of a file. */
export interface Facts {
  readonly mode?: string;
  readonly error?: string;
  readonly width: number;
  readonly height: number;
  /** The RGB bytes in base64, or of large pictures their SHA-256. */
  readonly rgb?: string;
  readonly sha256?: string;
}

const folders: Readonly<Record<string, string>> = {
  clips: "/packages/processor/test-data/clips/",
  samples: "/packages/demo-model/samples/clips/",
  decode: "/packages/processor/test-data/decode/",
  photos: "/fixtures/reference/data/",
  pixels: "/fixtures/reference/pixels/",
};

/** The bytes of a fixture such as "decode/rgb.png". */
export async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const [folder = "", name = ""] = path.split("/");
  const response = await fetch(`${folders[folder]}${name}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** test-data/decode/decode.json. */
export async function decodeFacts(): Promise<{
  readonly pictures: Record<string, Facts>;
  readonly photos: Record<string, Facts>;
}> {
  return JSON.parse(new TextDecoder().decode(await read("decode/decode.json")));
}

/** The largest difference of a byte from Pillow's; of large pictures 0 if they are equal, else Infinity. */
export async function difference({ width, height, data }: Picture, expected: Facts): Promise<number> {
  if (width !== expected.width || height !== expected.height) return Number.POSITIVE_INFINITY;
  if (expected.rgb === undefined) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(data)));
    const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex === expected.sha256 ? 0 : Number.POSITIVE_INFINITY;
  }
  const wanted = Uint8Array.from(atob(expected.rgb), (letter) => letter.charCodeAt(0));
  return data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (wanted[i] ?? 0))), 0);
}

/** A JSON fixture. */
export async function json(path: string) {
  return JSON.parse(new TextDecoder().decode(await read(path)));
}

/** Compresses as zlib does. */
export async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** One letter a byte. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The parts one after the other. */
export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A chunk of a PNG. */
export function pngChunk(kind: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = join(ascii(kind), data);
  const numbers = new DataView(new ArrayBuffer(8));
  numbers.setUint32(0, data.length);
  numbers.setUint32(4, crc32(body));
  return join(new Uint8Array(numbers.buffer, 0, 4), body, new Uint8Array(numbers.buffer, 4, 4));
}

/** An 8-bit grey PNG that claims this size, with the rows `pixels`, one black row by default. */
export async function png(
  width: number,
  height: number,
  chunks: readonly Uint8Array[] = [],
  pixels = new Uint8Array(width + 1),
): Promise<Uint8Array<ArrayBuffer>> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  const data = pngChunk("IDAT", await deflate(pixels));
  const ihdr = pngChunk("IHDR", new Uint8Array(header.buffer));
  return join(ascii("\x89PNG\r\n\x1a\n"), ihdr, ...chunks, data, pngChunk("IEND", new Uint8Array()));
}

/** A copy with 16-bit numbers overwritten. */
export function patched(bytes: Uint8Array, at: number, littleEndian: boolean, ...values: readonly number[]) {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  values.forEach((value, i) => {
    view.setUint16(at + 2 * i, value, littleEndian);
  });
  return copy;
}
