// Pixels of what a browser has decoded, through a canvas. Reads a strip of rows at a time, so that a large picture is
// never in memory twice. Some browsers hand out altered pixels to guard against fingerprinting; that is noticed here
// and refused, because a caption of noise helps nobody.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { PixelSize } from "@glimpsejs/config";
import type { Picture } from "../picture.ts";

/** How a source is read. */
export interface ReadOptions {
  /** True if there is no alpha. */
  readonly opaque: boolean;
  readonly subject: string;
  readonly signal?: AbortSignal | undefined;
}

type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** Pixels read at once at most: 4 MB of RGBA. */
const stripPixels = 2 ** 20;

/**
 * RGBA of `source`, strip by strip: `use` gets each strip's pixels and the first of its rows. Throws "unsupported" where the browser alters pixels, "invalid-image" for a picture of another origin.
 */
export function readStrips(
  source: CanvasImageSource,
  { width, height }: PixelSize,
  options: ReadOptions,
  use: (rgba: Uint8ClampedArray, row: number) => void,
): void {
  const { opaque, subject, signal } = options;
  const rows = Math.min(height, Math.max(1, Math.floor(stripPixels / width)));
  const context = contextOf(width, rows, opaque, subject);
  for (let row = 0; row < height; row += rows) {
    throwIfAborted(signal, subject);
    context.clearRect(0, 0, width, rows);
    context.drawImage(source, 0, -row);
    use(pixelsOf(context, width, Math.min(rows, height - row), subject), row);
  }
}

/** The colours of `source`, its alpha dropped. Throws as {@link readStrips}. */
export function drawnPicture(source: CanvasImageSource, size: PixelSize, options: ReadOptions): Picture {
  const { width, height } = size;
  const data = new Uint8Array(width * height * 3);
  readStrips(source, size, options, (rgba, row) => {
    for (let from = 0, to = row * width * 3; from < rgba.length; from += 4) {
      data[to++] = rgba[from] ?? 0;
      data[to++] = rgba[from + 1] ?? 0;
      data[to++] = rgba[from + 2] ?? 0;
    }
  });
  return { width, height, data };
}

function contextOf(width: number, height: number, opaque: boolean, subject: string): Context {
  const settings = { alpha: !opaque, willReadFrequently: true, colorSpace: "srgb" } as const;
  const context =
    typeof OffscreenCanvas === "undefined"
      ? elementContext(width, height, settings)
      : new OffscreenCanvas(width, height).getContext("2d", settings);
  if (context === null) {
    throw new GlimpseError(
      { subject, problem: "the browser gives no canvas of the size needed", got: `${width} x ${height}` },
      { code: "out-of-memory" },
    );
  }
  checkHonest(context, subject);
  context.imageSmoothingEnabled = false;
  return context;
}

function elementContext(width: number, height: number, settings: CanvasRenderingContext2DSettings): Context | null {
  return Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", settings);
}

function pixelsOf(context: Context, width: number, height: number, subject: string): Uint8ClampedArray {
  try {
    return context.getImageData(0, 0, width, height, { colorSpace: "srgb" }).data;
  } catch (cause) {
    throw new GlimpseError(
      {
        subject,
        problem: "the browser does not let its pixels be read, because they came from another origin",
        advice: "Pass the file's bytes, or have it served with CORS headers and loaded with crossOrigin.",
      },
      { code: "invalid-image", cause },
    );
  }
}

/** Paints colours that are known and looks whether they come back. */
function checkHonest(context: Context, subject: string): void {
  const colors = [10, 128, 245];
  colors.forEach((level, x) => {
    context.fillStyle = `rgb(${level} ${255 - level} ${level / 2})`;
    context.fillRect(x, 0, 1, 1);
  });
  const { width } = context.canvas;
  const shown = colors.slice(0, width);
  const pixels = pixelsOf(context, shown.length, 1, subject);
  if (shown.every((level, x) => pixels[4 * x] === level && pixels[4 * x + 1] === 255 - level)) return;
  throw new GlimpseError(
    {
      subject,
      problem: "the browser alters the pixels of canvases",
      advice: "Turn its protection against fingerprinting off for this page, or use a PNG picture.",
    },
    { code: "unsupported" },
  );
}
