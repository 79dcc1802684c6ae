// What a picture is here: packed RGB bytes. Checks raw arrays from callers and brings their layouts to that one form.
// Does not decode files.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";

/** A picture in sRGB values as stored in its file, 8 bits per channel; treated as immutable. */
export interface Picture {
  /** Columns, 1 or more. */
  readonly width: number;
  /** Rows, 1 or more. */
  readonly height: number;
  /** Red, green, blue of each pixel, row by row without padding. */
  readonly data: Uint8Array; // [height, width, 3]
}

/** Uncompressed pixels as callers have them; an ImageData of a canvas is one. */
export interface RawImage {
  /** Columns, 1 or more. */
  readonly width: number;
  /** Rows, 1 or more. */
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; when left out, what the length of `data` says. */
  readonly channels?: 1 | 2 | 3 | 4 | undefined;
  /** Whether the channels of a pixel lie together (HWC, the default) or each channel is a plane of its own (CHW). */
  readonly layout?: "HWC" | "CHW" | undefined;
  /** Values 0 to 255 without padding between rows. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Whatever {@link toPicture} accepts. */
export type PictureInput = Picture | RawImage;

/** Decodes one picture file to RGB. `name` stands for the source in errors; which formats it reads is its own affair. */
export type PictureDecoder = (
  bytes: Uint8Array,
  options?: { readonly signal?: AbortSignal | undefined; readonly name?: string | undefined },
) => Promise<Picture>;

/** Longest side in pixels; a larger number is a mistake or an attack. */
const maxSide = 2 ** 31 - 1;

/**
 * Brings raw pixels to packed RGB: grey is repeated in the three channels, alpha is dropped and not blended, as Pillow's
 * `convert("RGB")` does. Data that are packed RGB already are shared, not copied. `subject` names the picture in errors.
 * Throws GlimpseError "invalid-image" that lists all that is wrong with the shape.
 */
export function toPicture(input: PictureInput, subject = "picture"): Picture {
  if (typeof input !== "object" || input === null) {
    throw new GlimpseError(
      { subject, problem: "this is no picture", expected: "{ width, height, data }", got: show(input) },
      { code: "invalid-image" },
    );
  }
  const raw: RawImage = input;
  const problems = [...shapeProblems(raw), ...dataProblems(raw)].map((problem) => ({ subject, ...problem }));
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-image" });
  const { width, height, layout = "HWC" } = raw;
  const pixels = width * height;
  const channels = raw.data.length / pixels;
  if (channels === 3 && layout === "HWC") {
    const { buffer, byteOffset, length } = raw.data;
    return {
      width,
      height,
      data: raw.data instanceof Uint8Array ? raw.data : new Uint8Array(buffer, byteOffset, length),
    };
  }
  return { width, height, data: packRgb(raw.data, pixels, channels, layout) };
}

/** Channel `c` of pixel `i` lies at `i * step + c * stride`. */
function packRgb(data: RawImage["data"], pixels: number, channels: number, layout: "HWC" | "CHW"): Uint8Array {
  const [step, stride] = layout === "HWC" ? [channels, 1] : [1, pixels];
  const [green, blue] = channels < 3 ? [0, 0] : [stride, 2 * stride];
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += step) {
    rgb[to++] = data[from] ?? 0;
    rgb[to++] = data[from + green] ?? 0;
    rgb[to++] = data[from + blue] ?? 0;
  }
  return rgb;
}

type ShapeProblem = Omit<Problem, "subject">;

function shapeProblems({ width, height, channels, layout }: RawImage): ShapeProblem[] {
  const problems: ShapeProblem[] = [];
  for (const [name, value] of Object.entries({ width, height })) {
    if (!isSide(value)) {
      problems.push({
        problem: `the ${name} is not usable`,
        expected: `an integer from 1 to ${maxSide}`,
        got: show(value),
      });
    }
  }
  if (channels !== undefined && ![1, 2, 3, 4].includes(channels)) {
    problems.push({ problem: "the number of channels is not usable", expected: "1, 2, 3 or 4", got: show(channels) });
  }
  if (layout !== undefined && layout !== "HWC" && layout !== "CHW") {
    problems.push({ problem: "the layout is unknown", expected: '"HWC" or "CHW"', got: show(layout) });
  }
  return problems;
}

function dataProblems({ width, height, channels, data }: RawImage): ShapeProblem[] {
  // The tag, unlike instanceof, also knows arrays of other realms (workers, test sandboxes).
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  if (kind !== "Uint8Array" && kind !== "Uint8ClampedArray") {
    const advice = kind.startsWith("Float") ? "Scale the values to 0 to 255 and round them first." : undefined;
    return [
      {
        problem: "the pixel data are of the wrong kind",
        expected: "Uint8Array or Uint8ClampedArray",
        got: kind,
        advice,
      },
    ];
  }
  if (data.length === 0) return [{ problem: "the pixel data are empty, or their buffer was transferred elsewhere" }];
  if (!isSide(width) || !isSide(height)) return [];
  const fitting = (channels === undefined ? [1, 2, 3, 4] : [channels]).map((count) => width * height * count);
  if (fitting.includes(data.length)) return [];
  const shape = `${width} x ${height} x ${channels ?? "channels"}`;
  return [
    {
      problem: "the length of the pixel data does not fit the shape",
      expected: `${fitting.join(", ")} (${shape})`,
      got: String(data.length),
      advice: "Rows must follow each other without padding.",
    },
  ];
}

function isSide(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= maxSide;
}
