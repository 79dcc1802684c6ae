// Decoded video to RGB: planes of brightness and colour differences (Y'CbCr) to packed bytes, by the matrices of ITU-R
// BT.601, BT.709 and BT.2020. The same arithmetic on every platform, so that a clip has the same pixels in Node and in a
// browser; and FFmpeg's, to the byte, as its vector code computes 4:2:0 on x86 (libswscale/x86/yuv_2_rgb.asm): 13-bit
// coefficients, every term rounded down, pixels that share a colour sample get it as it is, and what names no matrix is
// BT.601. High dynamic range is not tone-mapped.
import type { Picture } from "../picture.ts";
import type { VideoColorSpaceLike } from "./web-codecs.ts";

/** Where the samples of a frame lie. */
export interface YuvLayout {
  /** Pixels that share one colour sample, across and down: 2 and 2 for 4:2:0. */
  readonly across: 1 | 2;
  readonly down: 1 | 2;
  /** Bits of a sample; above 8 they take two bytes, low byte first. */
  readonly bits: 8 | 10 | 12;
  /** Whether Cb and Cr alternate in one plane (NV12). */
  readonly interleaved: boolean;
}

/** The pixel formats of WebCodecs that hold Y'CbCr; of those with alpha, alpha is dropped. */
export const yuvFormats: Readonly<Record<string, YuvLayout>> = Object.fromEntries(
  [
    ["I420", 2, 2],
    ["I422", 2, 1],
    ["I444", 1, 1],
  ].flatMap(([name, across, down]) =>
    [8, 10, 12].flatMap((bits) =>
      ["", "A"].map((alpha) => [
        `${name}${alpha}${bits === 8 ? "" : `P${bits}`}`,
        { across, down, bits, interleaved: false } as YuvLayout,
      ]),
    ),
  ),
);

const nv12: YuvLayout = { across: 2, down: 2, bits: 8, interleaved: true };

/** The layout of a pixel format, or undefined if it holds no Y'CbCr that is read. */
export function yuvLayout(format: string | null): YuvLayout | undefined {
  if (format === "NV12") return nv12;
  return format !== null && Object.hasOwn(yuvFormats, format) ? yuvFormats[format] : undefined;
}

/** Shares of red and blue in brightness, by the names of WebCodecs. */
const weights: Readonly<Record<string, readonly [red: number, blue: number]>> = {
  smpte170m: [0.299, 0.114],
  bt470bg: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  "bt2020-ncl": [0.2627, 0.0593],
};

/** A plane of samples in a larger buffer. */
interface Plane {
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/** `width` · `height` pixels of `bytes`, whose planes lie as `planes` says, to packed RGB. */
export function yuvToRgb(
  bytes: Uint8Array,
  planes: readonly Plane[],
  { across, down, bits, interleaved }: YuvLayout,
  { width, height }: { readonly width: number; readonly height: number },
  { matrix, fullRange }: VideoColorSpaceLike,
): Picture {
  const [y = noPlane, cb = noPlane, cr = noPlane] = planes;
  const wide = bits > 8 ? 2 : 1;
  const shift = bits - 8;
  const step = interleaved ? 2 : wide;
  const sample = (at: number) =>
    wide === 1 ? (bytes[at] ?? 0) : ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) >> shift;
  const tables = coefficients(matrix, fullRange === true);
  const data = new Uint8Array(width * height * 3);
  const rgb = new Uint8ClampedArray(data.buffer);
  for (let row = 0, to = 0; row < height; row++) {
    const chromaRow = Math.floor(row / down);
    const fromY = y.offset + row * y.stride;
    const fromCb = cb.offset + chromaRow * cb.stride;
    const fromCr = interleaved ? fromCb + 1 : cr.offset + chromaRow * cr.stride;
    for (let column = 0; column < width; column++, to += 3) {
      const chroma = (across === 2 ? column >> 1 : column) * step;
      const luma = tables.luma[sample(fromY + column * wide)] ?? 0;
      const [u, v] = [sample(fromCb + chroma), sample(fromCr + chroma)];
      rgb[to] = luma + (tables.redOfCr[v] ?? 0);
      rgb[to + 1] = luma + (tables.greenOfCb[u] ?? 0) + (tables.greenOfCr[v] ?? 0);
      rgb[to + 2] = luma + (tables.blueOfCb[u] ?? 0);
    }
  }
  return { width, height, data };
}

const noPlane: Plane = { offset: 0, stride: 0 };

/** What each of 256 samples adds to a channel, a whole number. */
function coefficients(matrix: string | null | undefined, fullRange: boolean) {
  const [red, blue] = weights[matrix ?? "smpte170m"] ?? [0.299, 0.114];
  const green = 1 - red - blue;
  // Factors for samples of limited range in 16.16 fixed point, then for the range at hand.
  const chroma = (factor: number) => {
    const limited = Math.round(factor * (255 / 224) * 65536);
    return fullRange ? Math.trunc((limited * 224) / 255) : limited;
  };
  const table = (fixed: number, zero: number) => {
    const coefficient = Math.floor((fixed * 8192 + 32768) / 65536);
    return Int32Array.from({ length: 256 }, (_, sample) => ((sample - zero) * 8 * coefficient) >> 16);
  };
  return {
    luma: fullRange ? table(65536, 0) : table(Math.trunc((65536 * 255) / 219), 16),
    redOfCr: table(chroma(2 * (1 - red)), 128),
    greenOfCb: table(-chroma((2 * (1 - blue) * blue) / green), 128),
    greenOfCr: table(-chroma((2 * (1 - red) * red) / green), 128),
    blueOfCb: table(chroma(2 * (1 - blue)), 128),
  };
}
