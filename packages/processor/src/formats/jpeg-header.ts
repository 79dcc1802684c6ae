// The markers of a JPEG file: its size, whether it is whole, where EXIF and colour profiles lie. Decodes no pixels.
// Layout: ITU T.81, annex B.
import { damaged, notRead } from "./damaged.ts";
import { exifOrientation } from "./exif.ts";

/** What the markers of a JPEG say. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour, 4 inks. */
  readonly components: number;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** The file without its EXIF blocks and colour profiles, so that no decoder can act on them. */
  readonly plain: readonly Bytes[];
}

type Bytes = Uint8Array<ArrayBuffer>;

/** libjpeg's own programs use a dozen; thousands of scans keep a decoder busy for hours. */
const maxScans = 100;

/**
 * Reads all markers up to the end of the picture. `allowTruncated` accepts a file without an end. Throws
 * "invalid-image" (damaged, cut off, too many scans) and "unsupported" (samples of other than 8 bits).
 */
export function jpegHeader(bytes: Bytes, subject: string, allowTruncated = false): JpegHeader {
  const byte = (at: number) => bytes[at] ?? 0;
  const word = (at: number) => byte(at) * 256 + byte(at + 1);
  const plain: Bytes[] = [];
  let frame: { width: number; height: number; components: number } | undefined;
  let orientation: number | undefined;
  let scans = 0;
  let kept = 0; // everything before is in `plain` or left out
  let at = 2;
  for (;;) {
    while (byte(at) === 0xff && byte(at + 1) === 0xff) at++;
    const marker = byte(at) === 0xff ? byte(at + 1) : undefined;
    if (marker === 0xd9) break;
    const end = at + 2 + word(at + 2);
    if (marker === undefined || word(at + 2) < 2 || end > bytes.length) {
      if (allowTruncated && scans > 0) break;
      throw damaged(subject);
    }
    const content = bytes.subarray(at + 4, end);
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      if (content.length < 6 || frame !== undefined) throw damaged(subject);
      if (byte(at + 4) !== 8) {
        throw notRead(subject, "this pixel format is not read", "8 bits per sample", `${byte(at + 4)}`);
      }
      frame = { height: word(at + 5), width: word(at + 7), components: byte(at + 9) };
      if (frame.height === 0 || frame.width === 0) throw damaged(subject, `a size of ${frame.width} x ${frame.height}`);
    }
    const isExif = marker === 0xe1 && startsWith(content, "Exif\0\0");
    if (isExif) orientation ??= exifOrientation(content.subarray(6));
    if (isExif || (marker === 0xe2 && startsWith(content, "ICC_PROFILE\0"))) {
      plain.push(bytes.subarray(kept, at));
      kept = end;
    }
    at = end;
    if (marker === 0xda) {
      if (++scans > maxScans) throw damaged(subject, `more than ${maxScans} scans`);
      at = afterScan(bytes, at);
    }
  }
  if (frame === undefined || scans === 0) throw damaged(subject);
  plain.push(bytes.subarray(kept));
  return { ...frame, orientation: orientation ?? 1, plain };
}

/** The position of the next marker that ends a scan: not a stuffed zero, a restart, or a fill byte. */
function afterScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.length;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return String.fromCharCode(...bytes.subarray(0, text.length)) === text;
}
