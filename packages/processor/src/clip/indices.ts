// Which frames of a clip a model is shown, as plain arithmetic on frame numbers, in doubles as numpy computes it. Knows
// nothing of files and of time; choose-frames.ts brings both together.
import { MersenneTwister } from "./mersenne-twister.ts";

/**
 * `frames` frame numbers spread evenly from the first frame of `count` to the last:
 * `np.linspace(0, count - 1, frames).round()`. A clip of fewer frames repeats some.
 */
export function uniformIndices(count: number, frames: number): number[] {
  return linspace(0, count - 1, frames).map(roundHalfEven);
}

/**
 * The random window of the documentation's example (GitForCausalLM.forward in transformers, `sample_frame_indices`):
 * `clipLen` frames spread over a window of clipLen · frameSampleRate frames, whose end is drawn as
 * `np.random.seed(seed); np.random.randint(window, count)`. `count` must be greater than the window.
 */
export function windowIndices(count: number, clipLen: number, frameSampleRate: number, seed: number): number[] {
  const window = windowLength(clipLen, frameSampleRate);
  const end = new MersenneTwister(seed).randint(window, count);
  const start = end - window;
  return linspace(start, end, clipLen).map((x) => Math.trunc(Math.min(Math.max(x, start), end - 1)));
}

/** Frames that the window of {@link windowIndices} spans. */
export function windowLength(clipLen: number, frameSampleRate: number): number {
  return Math.trunc(clipLen * frameSampleRate);
}

/**
 * The sampling of the GIT paper (Wang et al. 2022, settings of the video tasks), which gives words and no formula: frames
 * "with equal interval", at a random offset in training, uniformly in inference. Here the clip is cut into `frames` equal intervals
 * and one frame is taken from each: the middle one without a seed, with one the frame at an offset drawn once for all.
 */
export function paperIndices(count: number, frames: number, seed?: number): number[] {
  const offset = seed === undefined ? 0.5 : new MersenneTwister(seed).random();
  return Array.from({ length: frames }, (_, i) => Math.floor(((i + offset) * count) / frames));
}

/** `np.linspace(start, stop, num)`, to the last bit. */
export function linspace(start: number, stop: number, num: number): number[] {
  const step = (stop - start) / (num - 1);
  const value = (i: number) => (i > 0 && i === num - 1 ? stop : i * step + start);
  return Array.from({ length: num }, (_, i) => (i === 0 ? start : value(i)));
}

/** To the nearest integer, halves to the even one, as numpy rounds. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
