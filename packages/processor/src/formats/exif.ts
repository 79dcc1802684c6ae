// The EXIF orientation of a picture, and turning pixels by it. Reads no other tag; what it cannot make sense of is
// orientation 1, as stored. Reference: Exif 2.32, section 4.6.4, and TIFF 6.0 for the directory that holds the tag.
import type { Picture } from "../picture.ts";

const orientationTag = 0x0112;
const shortType = 3;

/** Orientation 1 to 8 in an EXIF block that begins with its TIFF header; 1 for damaged blocks and other values. */
export function exifOrientation(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const order = exif.length < 8 ? 0 : view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > exif.length) return 1;
  const count = view.getUint16(directory, little);
  for (let entry = directory + 2, i = 0; i < count && entry + 12 <= exif.length; i++, entry += 12) {
    if (view.getUint16(entry, little) !== orientationTag) continue;
    const value = view.getUint16(entry + 8, little);
    const valid = view.getUint16(entry + 2, little) === shortType && value >= 1 && value <= 8;
    return valid ? value : 1;
  }
  return 1;
}

/** The picture as it is meant to be seen: mirrored and turned as `orientation` (1 to 8) says. */
export function upright(picture: Picture, orientation: number): Picture {
  if (orientation === 1) return picture;
  const { width: columns, height: rows, data: from } = picture; // as stored
  const turned = orientation >= 5;
  const [width, height] = turned ? [rows, columns] : [columns, rows];
  // Which sides of the shown picture run backwards in the stored one.
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const [u, v] = turned ? [y, x] : [x, y];
      const column = mirrorX ? columns - 1 - u : u;
      const row = mirrorY ? rows - 1 - v : v;
      const at = (row * columns + column) * 3;
      data[to] = from[at] ?? 0;
      data[to + 1] = from[at + 1] ?? 0;
      data[to + 2] = from[at + 2] ?? 0;
    }
  }
  return { width, height, data };
}
