// What a call costs at least: its multiplications, and the bytes that have to be read for every token. Both are counted
// from the configuration. What is saved beyond them (by clever decoding) shows as a share above 1.
import type { GitConfig } from "@glimpsejs/config";
import type { GenerateRequest } from "./calls.ts";

/** Operations per second, and bytes per second: of weights in memory, and of a file in the page cache where there is one. */
export interface Rates {
  readonly gemm: number;
  readonly memory: number;
  readonly read?: number | undefined;
}

/** Floating-point operations of the image encoder for one frame of `size` pixels a side. */
export function encoderFlops({ visionConfig: v }: GitConfig, size = v.imageSize): number {
  const patches = Math.floor(size / v.patchSize) ** 2;
  const rows = patches + 1;
  const { hiddenSize: d, intermediateSize: f } = v;
  const layer = 2 * rows * (4 * d * d + 2 * d * f) + 4 * rows * rows * d;
  return v.numHiddenLayers * layer + 2 * patches * d * v.numChannels * v.patchSize ** 2;
}

/** Operations of the decoder for image rows and `text` rows of `prompts` prompts, the last of each reaching the vocabulary. */
function promptFlops(config: GitConfig, image: number, text: number, prompts: number): number {
  const { hiddenSize: d, intermediateSize: f, numHiddenLayers: layers, vocabSize } = config;
  const rows = image + text;
  const scores = 4 * d * (image * image + text * rows);
  const full = 2 * rows * (4 * d * d + 2 * d * f) + scores;
  // Image rows need keys and values only of the last layer.
  const last = 2 * rows * 2 * d * d + 2 * text * (2 * d * d + 2 * d * f) + 4 * d * text * rows;
  return (layers - 1) * full + last + 2 * image * config.visionConfig.hiddenSize * d + 2 * prompts * d * vocabSize;
}

/** Seconds that nothing in float32 is faster than, at `rates`. Prompts of one picture share its encoding. */
export function leastSeconds(config: GitConfig, request: GenerateRequest, frames: number, rates: Rates): number {
  const { hiddenSize: d, intermediateSize: f, numHiddenLayers: layers, vocabSize, visionConfig } = config;
  const { pictures, prompts, tokens, beams, size } = request;
  const image = frames * (1 + Math.floor((size ?? visionConfig.imageSize) / visionConfig.patchSize) ** 2);
  const text = prompts.reduce((sum, prompt) => sum + prompt.length, 0) / pictures;
  const start =
    pictures * (frames * encoderFlops(config, size) + promptFlops(config, image, text, prompts.length / pictures));
  const weights = layers * (4 * d * d + 2 * d * f) + d * vocabSize;
  const cache = pictures * 2 * layers * d * image;
  const rows = prompts.length * beams;
  const step = Math.max((4 * (weights + cache)) / rates.memory, (2 * rows * weights) / rates.gemm);
  return start / rates.gemm + (tokens - 1) * step;
}
