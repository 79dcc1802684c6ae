// Pictures turned upright: quarter turns and the mirror that video files carry as metadata instead of turned pixels.
import type { Picture } from "../picture.ts";

/** How stored pixels are to be shown: first turned clockwise, then, if so, mirrored left to right. */
export interface Orientation {
  readonly rotation: 0 | 90 | 180 | 270;
  readonly flip: boolean;
}

/** The picture as it is to be shown; the same one where nothing is to be done. */
export function upright<P extends Picture>(picture: P, { rotation, flip }: Orientation): P {
  if (rotation === 0 && !flip) return picture;
  const { width: w, height: h, data } = picture;
  const [width, height] = rotation % 180 === 0 ? [w, h] : [h, w];
  // Where pixel (0, 0) of the result comes from, and how far apart its neighbours to the right and below are there.
  const [corner, right, below] = {
    0: [0, 1, w],
    90: [(h - 1) * w, -w, 1],
    180: [h * w - 1, -1, -w],
    270: [w - 1, w, -1],
  }[rotation] as [number, number, number];
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const from = (corner + right * (flip ? width - 1 - x : x) + below * y) * 3;
      out[to] = data[from] ?? 0;
      out[to + 1] = data[from + 1] ?? 0;
      out[to + 2] = data[from + 2] ?? 0;
    }
  }
  return { ...picture, width, height, data: out };
}
