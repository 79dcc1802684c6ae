// Pictures and clips to pixel_values with Pillow-exact resampling. Runs anywhere; decoders come in as values.
export type { ClipTimes, FrameOptions, Sampling, SamplingMethod, WindowSampling } from "./clip/choose-frames.ts";
export { checkFrameOptions, chooseFrames } from "./clip/choose-frames.ts";
export { type Clip, type ClipFrame, isClip } from "./clip/clip.ts";
export { clipKind, type LoadClipOptions } from "./clip/load-clip.ts";
export { MersenneTwister } from "./clip/mersenne-twister.ts";
export type { RawClip } from "./clip/picture-clip.ts";
export { isVideoFrame, pictureOfVideoFrame } from "./clip/video-frame.ts";
export type { VideoFrameLike, WebCodecs } from "./clip/web-codecs.ts";
export { ImageProcessor, type PixelValues } from "./image-processor.ts";
export { type Picture, type PictureDecoder, type PictureInput, type RawImage, toPicture } from "./picture.ts";
export { centerCrop, maxPixels, resize } from "./resize.ts";
