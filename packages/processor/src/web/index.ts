// Pictures and clips in a browser: decoding, and reading from files, URLs, elements, canvases and video frames. Nothing happens on
// import.
export { type BrowserDecoderOptions, browserDecoder } from "./browser-decoder.ts";
export { type ClipSource, loadClip, type WebClipOptions } from "./load-clip.ts";
export { type ImageSource, type LoadImageOptions, loadImage } from "./load-image.ts";
export { videoFrames } from "./video-frames.ts";
