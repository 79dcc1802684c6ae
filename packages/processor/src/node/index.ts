// Pictures and clips in Node. Needs the optional packages sharp (pictures), mediabunny and @napi-rs/webcodecs (videos).
export { type ClipSource, loadClip, type NodeClipOptions } from "./load-clip.ts";
export { type ImageSource, type LoadImageOptions, loadImage } from "./load-image.ts";
export { loadPicture } from "./load-picture.ts";
export { type SharpDecoderOptions, type SharpModule, sharpDecoder } from "./sharp-decoder.ts";
