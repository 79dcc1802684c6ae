// Picture files in Node: decoding with sharp, and reading from paths and URLs. Nothing is loaded on import.
export { type ImageSource, type LoadImageOptions, loadImage } from "./load-image.ts";
export { type SharpDecoderOptions, type SharpModule, sharpDecoder } from "./sharp-decoder.ts";
