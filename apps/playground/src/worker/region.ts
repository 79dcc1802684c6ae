// Which part of a picture the model sees: what is left of it after resizing and cropping.
import type { ImageProcessorConfig } from "@glimpsejs/config";
import type { Picture } from "@glimpsejs/processor";
import type { Region } from "../port/protocol.ts";

/** All of a picture. */
export const whole: Region = { left: 0, top: 0, width: 1, height: 1 };

/** The seen part, in fractions of the picture; the whole where nothing is cropped away. */
export function seenRegion(config: ImageProcessorConfig, { width, height }: Pick<Picture, "width" | "height">): Region {
  if (!config.doCenterCrop) return whole;
  const [resizedWidth, resizedHeight] = resized(config, width, height);
  const w = Math.min(1, config.cropSize.width / resizedWidth);
  const h = Math.min(1, config.cropSize.height / resizedHeight);
  return { left: (1 - w) / 2, top: (1 - h) / 2, width: w, height: h };
}

function resized({ doResize, size }: ImageProcessorConfig, width: number, height: number): readonly [number, number] {
  if (!doResize) return [width, height];
  if ("width" in size) return [size.width, size.height];
  const scale =
    "maxWidth" in size
      ? Math.min(size.maxWidth / width, size.maxHeight / height)
      : size.shortestEdge / Math.min(width, height);
  return [width * scale, height * scale];
}
