// Pictures to pixel_values with Pillow-exact resampling. Runs anywhere; decoders come in as values.
export { ImageProcessor, type PixelValues } from "./image-processor.ts";
export { type Picture, type PictureDecoder, type PictureInput, type RawImage, toPicture } from "./picture.ts";
export { centerCrop, maxPixels, resize } from "./resize.ts";
