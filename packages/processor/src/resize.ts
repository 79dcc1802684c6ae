// Resizing and cropping of 8-bit RGB pictures, equal to Pillow to the last bit: mostly a horizontal pass, rounded to 8
// bits, then a vertical one. Only the part of the result that is asked for is computed. No colour management.
import { GlimpseError } from "@glimpsejs/base";
import type { PixelSize, Resample } from "@glimpsejs/config";
import type { Picture } from "./picture.ts";
import { filterTaps, nearestPositions, type Taps, weightBits } from "./taps.ts";

/** A rectangle of pixels; x and y are its left and top edge. */
interface Rectangle extends PixelSize {
  readonly x: number;
  readonly y: number;
}

/** Largest picture that is decoded or made by resizing, in pixels; above it Pillow speaks of a decompression bomb. */
export const maxPixels = 178_956_970;

const half = 2 ** (weightBits - 1);

/**
 * The picture scaled to `size`, equal to Pillow's `Image.resize(size, filter)`.
 * Throws GlimpseError "invalid-image" when the result would be empty or have more than {@link maxPixels} pixels.
 */
export function resize(picture: Picture, size: PixelSize, filter: Resample): Picture {
  return resizeWindow(picture, size, filter, { x: 0, y: 0, ...size });
}

/**
 * The middle of the picture, `size` large, equal to transformers' `center_crop`: where the picture is smaller it is
 * padded with black, the larger half of an odd remainder on the left and the top. Errors as of {@link resize}.
 */
export function centerCrop(picture: Picture, size: PixelSize): Picture {
  if (size.width === picture.width && size.height === picture.height) return picture;
  checkSize(picture, size);
  const { x, y, width, height } = middle(picture, size);
  const left = Math.ceil((size.width - width) / 2);
  const top = Math.ceil((size.height - height) / 2);
  const data = new Uint8Array(size.width * size.height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * picture.width + x) * 3;
    data.set(picture.data.subarray(from, from + width * 3), ((top + row) * size.width + left) * 3);
  }
  return { ...size, data };
}

/** `centerCrop(resize(picture, size, filter), crop)`, without computing what the crop throws away. */
export function resizeAndCrop(picture: Picture, size: PixelSize, filter: Resample, crop: PixelSize): Picture {
  return centerCrop(resizeWindow(picture, size, filter, middle(size, crop)), crop);
}

/** The rectangle of a picture of size `whole` that a centre crop of size `crop` keeps. */
function middle(whole: PixelSize, crop: PixelSize): Rectangle {
  return {
    x: Math.max(0, Math.floor((whole.width - crop.width) / 2)),
    y: Math.max(0, Math.floor((whole.height - crop.height) / 2)),
    width: Math.min(whole.width, crop.width),
    height: Math.min(whole.height, crop.height),
  };
}

/** The rectangle `window` of the picture scaled to `size`. */
function resizeWindow(picture: Picture, size: PixelSize, filter: Resample, window: Rectangle): Picture {
  checkSize(picture, size);
  const { x, y, width, height } = window;
  if (filter === 0) {
    const columns = nearestPositions(picture.width, size.width, x, width);
    const rows = nearestPositions(picture.height, size.height, y, height);
    return { width, height, data: pick(picture, columns, rows) };
  }
  const across = filterTaps(picture.width, size.width, filter, x, width);
  const down = filterTaps(picture.height, size.height, filter, y, height);
  // The order shows in the rounding. Pillow's Image.resize turns it round for thin columns that get shorter.
  if (picture.height > picture.width * 100 && size.height < picture.height) {
    const low = vertical(picture.data, picture.width, 0, down);
    return { width, height, data: horizontal({ data: low, width: picture.width }, across, 0, height) };
  }
  const top = down.starts[0] ?? 0;
  const bottom = (down.starts[height - 1] ?? 0) + (down.counts[height - 1] ?? 0);
  const narrow = horizontal(picture, across, top, bottom);
  return { width, height, data: vertical(narrow, width, top, down) };
}

function pick({ data, width }: Picture, columns: Int32Array, rows: Int32Array): Uint8Array {
  const result = new Uint8Array(rows.length * columns.length * 3);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * width + column) * 3;
      result[to++] = data[from] ?? 0;
      result[to++] = data[from + 1] ?? 0;
      result[to++] = data[from + 2] ?? 0;
    }
  }
  return result;
}

/** Scales rows `top` to `bottom - 1` horizontally. */
function horizontal(
  { data, width }: Pick<Picture, "data" | "width">,
  taps: Taps,
  top: number,
  bottom: number,
): Uint8Array {
  const columns = taps.starts.length;
  const result = new Uint8ClampedArray((bottom - top) * columns * 3); // [bottom - top, columns, 3]
  for (let row = top, to = 0; row < bottom; row++) {
    for (let column = 0; column < columns; column++, to += 3) {
      weigh(data, (row * width + (taps.starts[column] ?? 0)) * 3, 3, taps, column, result, to);
    }
  }
  return new Uint8Array(result.buffer);
}

/** Scales `data` of `width` columns, whose first row is row `top` of the picture, vertically. */
function vertical(data: Uint8Array, width: number, top: number, taps: Taps): Uint8Array {
  const rows = taps.starts.length;
  const result = new Uint8ClampedArray(rows * width * 3); // [rows, width, 3]
  for (let row = 0, to = 0; row < rows; row++) {
    const first = ((taps.starts[row] ?? 0) - top) * width * 3;
    for (let column = 0; column < width; column++, to += 3) {
      weigh(data, first + column * 3, width * 3, taps, row, result, to);
    }
  }
  return new Uint8Array(result.buffer);
}

/**
 * Writes one output pixel: the weighted sum of the pixels at `from`, `from + step`, …, rounded and, by the type of
 * `result`, clamped to 0 to 255. Integers throughout: this is the inner loop.
 */
function weigh(
  data: Uint8Array,
  from: number,
  step: number,
  { counts, weights, stride }: Taps,
  output: number,
  result: Uint8ClampedArray,
  to: number,
): void {
  let red = half;
  let green = half;
  let blue = half;
  const end = output * stride + (counts[output] ?? 0);
  for (let k = output * stride, at = from; k < end; k++, at += step) {
    const weight = weights[k] ?? 0;
    red = (red + Math.imul(data[at] ?? 0, weight)) | 0;
    green = (green + Math.imul(data[at + 1] ?? 0, weight)) | 0;
    blue = (blue + Math.imul(data[at + 2] ?? 0, weight)) | 0;
  }
  result[to] = red >> weightBits;
  result[to + 1] = green >> weightBits;
  result[to + 2] = blue >> weightBits;
}

function checkSize(picture: Picture, { width, height }: PixelSize): void {
  if ([width, height].every((side) => Number.isInteger(side) && side >= 1) && width * height <= maxPixels) return;
  throw new GlimpseError(
    {
      subject: `picture of ${picture.width} x ${picture.height} pixels`,
      problem: "it cannot be resized, cropped or padded to the wanted size",
      expected: `whole sides and at most ${maxPixels} pixels`,
      got: `${width} x ${height}`,
      advice: "Crop it to less extreme proportions, or choose a smaller size.",
    },
    { code: "invalid-image" },
  );
}
