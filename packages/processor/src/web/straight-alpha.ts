// The colours of a bitmap that has alpha, as its file holds them. A canvas would multiply them by alpha and divide again,
// which loses all where alpha is 0; a WebGL texture takes the bitmap as it is.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { Picture } from "../picture.ts";

/** Columns and rows at once at most; every WebGL 2 has textures of this size. */
const tile = 2048;

/**
 * The colours of `bitmap`, which was made with `premultiplyAlpha: "none"`; alpha is dropped. Throws "unsupported" where
 * the browser has no WebGL 2.
 */
export async function straightPicture(
  bitmap: ImageBitmap,
  { subject, signal }: { readonly subject: string; readonly signal?: AbortSignal | undefined },
): Promise<Picture> {
  const { width, height } = bitmap;
  const gl = contextOf(subject);
  const data = new Uint8Array(width * height * 3);
  try {
    for (let top = 0; top < height; top += tile) {
      for (let left = 0; left < width; left += tile) {
        throwIfAborted(signal, subject);
        const [columns, rows] = [Math.min(tile, width - left), Math.min(tile, height - top)];
        const part = await createImageBitmap(bitmap, left, top, columns, rows, {
          colorSpaceConversion: "none",
          premultiplyAlpha: "none",
        });
        const rgba = pixelsOf(gl, part, subject);
        part.close();
        for (let y = 0, from = 0; y < rows; y++) {
          let to = ((top + y) * width + left) * 3;
          for (let x = 0; x < columns; x++, from += 4) {
            data[to++] = rgba[from] ?? 0;
            data[to++] = rgba[from + 1] ?? 0;
            data[to++] = rgba[from + 2] ?? 0;
          }
        }
      }
    }
  } finally {
    // Browsers keep few contexts, and drop the oldest when there are too many.
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return { width, height, data };
}

function contextOf(subject: string): WebGL2RenderingContext {
  const canvas = typeof OffscreenCanvas === "undefined" ? document.createElement("canvas") : new OffscreenCanvas(1, 1);
  const gl = canvas.getContext("webgl2");
  // The canvas may be of either class, whose contexts have no common name but this.
  if (gl instanceof WebGL2RenderingContext) return gl;
  throw new GlimpseError(
    {
      subject,
      problem: "the browser cannot decode it without mixing alpha into its colours, since it has no WebGL 2",
      advice: "Convert it to PNG, or to a picture without alpha.",
    },
    { code: "unsupported" },
  );
}

function pixelsOf(gl: WebGL2RenderingContext, bitmap: ImageBitmap, subject: string): Uint8Array {
  const texture = gl.createTexture();
  const framebuffer = gl.createFramebuffer();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const rgba = new Uint8Array(bitmap.width * bitmap.height * 4);
  gl.readPixels(0, 0, bitmap.width, bitmap.height, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
  const error = gl.getError();
  gl.deleteFramebuffer(framebuffer);
  gl.deleteTexture(texture);
  if (error === gl.NO_ERROR) return rgba;
  throw new GlimpseError(
    { subject, problem: "WebGL could not read its pixels", got: `error ${error}` },
    { code: "unsupported" },
  );
}
