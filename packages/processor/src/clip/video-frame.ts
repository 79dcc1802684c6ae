// A VideoFrame of WebCodecs to a picture. Y'CbCr is converted here and not by the browser, whose conversion differs
// between browsers and machines; only a frame whose format has no name is left to it.
import { GlimpseError, show } from "@glimpsejs/base";
import { type Picture, toPicture } from "../picture.ts";
import { maxPixels } from "../resize.ts";
import type { VideoColorSpaceLike, VideoFrameLike } from "./web-codecs.ts";
import { yuvLayout, yuvToRgb } from "./yuv.ts";

/** Whether `value` is a VideoFrame, of a browser or of a package. */
export function isVideoFrame(value: unknown): value is VideoFrameLike {
  return (
    typeof value === "object" &&
    value !== null &&
    "copyTo" in value &&
    "allocationSize" in value &&
    "codedWidth" in value &&
    "timestamp" in value
  );
}

/**
 * The visible pixels of `frame`, which stays the caller's to close. `colorSpace` says what a file says of all its frames
 * and goes before what the frame itself says. Throws "invalid-image" for a frame that is closed or too large, and
 * "unsupported" for a pixel format that is not read.
 */
export async function pictureOfVideoFrame(
  frame: VideoFrameLike,
  {
    subject = "video frame",
    colorSpace,
  }: {
    readonly subject?: string;
    readonly colorSpace?: VideoColorSpaceLike | undefined;
  } = {},
): Promise<Picture> {
  const { format, visibleRect } = described(frame);
  const [width, height] = [visibleRect?.width ?? 0, visibleRect?.height ?? 0];
  if (!(width >= 1 && height >= 1 && width * height <= maxPixels)) {
    throw new GlimpseError(
      {
        subject,
        problem: "the frame is not usable",
        expected: `1 to ${maxPixels} pixels`,
        got: visibleRect === null ? "one that was closed" : `${show(width)} x ${show(height)}`,
      },
      { code: "invalid-image" },
    );
  }
  const layout = yuvLayout(format);
  if (layout !== undefined) {
    const bytes = new Uint8Array(frame.allocationSize());
    return yuvToRgb(bytes, await frame.copyTo(bytes), layout, { width, height }, colorSpace ?? frame.colorSpace);
  }
  const channels = channelOrder[format ?? "RGBA"];
  if (channels === undefined) {
    const expected = `${Object.keys(channelOrder).join(", ")}, NV12 or planar Y'CbCr`;
    throw new GlimpseError(
      { subject, problem: "the pixel format is not read", expected, got: show(format) },
      { code: "unsupported" },
    );
  }
  const options = format === null ? ({ format: "RGBA" } as const) : undefined;
  const bytes = new Uint8Array(frame.allocationSize(options));
  const [{ offset = 0, stride = 4 * width } = {}] = await frame.copyTo(bytes, options);
  return packed(bytes, { offset, stride }, channels, { width, height }, subject);
}

/** A closed frame has no format and no size; @napi-rs/webcodecs throws where the standard says null. */
function described(frame: VideoFrameLike): Pick<VideoFrameLike, "format" | "visibleRect"> {
  try {
    return { format: frame.format, visibleRect: frame.visibleRect };
  } catch {
    return { format: null, visibleRect: null };
  }
}

/** Which of four bytes is red, green and blue. */
const channelOrder: Readonly<Record<string, readonly [number, number, number]>> = {
  RGBA: [0, 1, 2],
  RGBX: [0, 1, 2],
  BGRA: [2, 1, 0],
  BGRX: [2, 1, 0],
};

function packed(
  bytes: Uint8Array,
  { offset, stride }: { readonly offset: number; readonly stride: number },
  [red, green, blue]: readonly [number, number, number],
  { width, height }: { readonly width: number; readonly height: number },
  subject: string,
): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let from = offset + y * stride, end = from + 4 * width; from < end; from += 4, to += 3) {
      data[to] = bytes[from + red] ?? 0;
      data[to + 1] = bytes[from + green] ?? 0;
      data[to + 2] = bytes[from + blue] ?? 0;
    }
  }
  return toPicture({ width, height, data }, subject);
}
