// How frames are chosen from a clip: the options, and from the times at which the clip's frames are shown to the numbers
// of those a model sees. Decodes nothing.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import { linspace, paperIndices, uniformIndices, windowIndices, windowLength } from "./indices.ts";

/** A way of choosing frames; see {@link Sampling}. */
export type SamplingMethod = "uniform" | "window" | "paper";

/**
 * How frames are chosen:
 * - "uniform" (default): evenly in time, from the first frame to the last; at a constant frame rate
 *   `np.linspace(0, count - 1, frames).round()`;
 * - "window": the random window of transformers' documentation, the same frames as numpy chooses with the same seed:
 *   `clipLen` frames (default `frames`) out of clipLen · `frameSampleRate` (default 4), from `seed` (default 45). A clip
 *   that is not longer than the window is an error;
 * - "paper": the middle frame of each of `frames` equal intervals, as the GIT paper samples in inference; with a `seed`
 *   a random frame of the first interval and then one every interval, as it samples in training;
 * - `timestamps`: the frames that a player shows at these seconds.
 */
export type Sampling =
  | SamplingMethod
  | {
      /** Name of this way of choosing. */
      readonly method: "uniform";
    }
  | WindowSampling
  | {
      /** Name of this way of choosing. */
      readonly method: "paper";
      /** Seed of numpy's generator, an integer from 0 to 2^32 − 1; without one the middle frames. */
      readonly seed?: number | undefined;
    }
  | {
      /** Seconds from 0, at least one, ascending. */
      readonly timestamps: readonly number[];
    };

/** The random window of transformers' documentation; see {@link Sampling}. */
export interface WindowSampling {
  /** Name of this way of choosing. */
  readonly method: "window";
  /** Frames that are chosen, from 1. Default `frames`. */
  readonly clipLen?: number | undefined;
  /** One of this many neighbouring frames is taken, from 1. Default 4. */
  readonly frameSampleRate?: number | undefined;
  /** Seed of numpy's generator, an integer from 0 to 2^32 − 1. Default 45. */
  readonly seed?: number | undefined;
}

/** Options of loadClip() that choose frames. */
export interface FrameOptions {
  /** How many frames. Default 6, as GIT was trained; of a shorter clip as many as it has. More than it has repeats some. */
  readonly frames?: number | undefined;
  /** Which frames. Default "uniform". */
  readonly sampling?: Sampling | undefined;
}

/** Times of a clip's frames in seconds, in the order in which they are shown. */
export interface ClipTimes {
  /** When each frame appears, ascending; not empty. */
  readonly starts: ArrayLike<number>;
  /** When the last one ends. */
  readonly end: number;
}

const defaultFrames = 6;
const mostFrames = 1024;
const known: Readonly<Record<SamplingMethod, readonly string[]>> = {
  uniform: ["method"],
  window: ["method", "clipLen", "frameSampleRate", "seed"],
  paper: ["method", "seed"],
};

/** Throws one "invalid-argument" that lists everything wrong with the options, before a file is opened. */
export function checkFrameOptions(options: FrameOptions): void {
  const problems = [...countProblems('option "frames"', options.frames), ...samplingProblems(options)];
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}

/**
 * Numbers of the chosen frames, ascending, at least one. `name` stands for the clip in errors: "invalid-clip" where it
 * is not longer than the window, "invalid-argument" for timestamps outside it.
 */
export function chooseFrames(times: ClipTimes, options: FrameOptions, name: string): number[] {
  const count = times.starts.length;
  const { sampling = "uniform" } = options;
  const frames = options.frames ?? Math.min(defaultFrames, count);
  const chosen: Exclude<Sampling, string> = typeof sampling === "string" ? { method: sampling } : sampling;
  if ("timestamps" in chosen) return shownAt(times, chosen.timestamps, name);
  switch (chosen.method) {
    case "uniform":
      return isConstantRate(times) ? uniformIndices(count, frames) : nearestInTime(times, frames);
    case "paper":
      return paperIndices(count, frames, chosen.seed);
    case "window": {
      const { clipLen = options.frames ?? defaultFrames, frameSampleRate = 4, seed = 45 }: WindowSampling = chosen;
      const window = windowLength(clipLen, frameSampleRate);
      if (count <= window) {
        throw new GlimpseError(
          {
            subject: name,
            problem: "the clip is not longer than the window that frames are drawn from",
            expected: `more than ${window} frames (clipLen ${clipLen} · frameSampleRate ${frameSampleRate})`,
            got: String(count),
            advice: 'Use a smaller frameSampleRate, or the sampling "uniform".',
          },
          { code: "invalid-clip" },
        );
      }
      return windowIndices(count, clipLen, frameSampleRate, seed);
    }
    default:
      return chosen satisfies never;
  }
}

/** Whether every frame is where a constant rate would put it, give or take a quarter of a frame (files round times). */
function isConstantRate({ starts }: ClipTimes): boolean {
  const last = starts.length - 1;
  const first = starts[0] ?? 0;
  const interval = ((starts[last] ?? 0) - first) / last;
  for (let i = 1; i < last; i++) {
    if (Math.abs((starts[i] ?? 0) - first - i * interval) > interval / 4) return false;
  }
  return true;
}

/** The frames nearest to times spread evenly from the first frame to the last; of two as near, the earlier. */
function nearestInTime({ starts }: ClipTimes, frames: number): number[] {
  const last = starts.length - 1;
  let at = 0;
  return linspace(starts[0] ?? 0, starts[last] ?? 0, frames).map((time) => {
    const distance = (i: number) => Math.abs((starts[i] ?? 0) - time);
    while (at < last && (starts[at + 1] ?? 0) <= time) at++;
    return at < last && distance(at + 1) < distance(at) ? at + 1 : at;
  });
}

/** The frame on the screen at each time. A microsecond is forgiven: times are stored as whole ticks. */
function shownAt({ starts, end }: ClipTimes, timestamps: readonly number[], name: string): number[] {
  const outside = timestamps.filter((time) => time > end + 1e-6);
  if (outside.length > 0) {
    throw new GlimpseError(
      outside.map((time) => ({
        subject: name,
        problem: "a timestamp is after its end",
        expected: `0 to ${end.toFixed(3)} s`,
        got: String(time),
      })),
      { code: "invalid-argument" },
    );
  }
  return timestamps.map((time) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= time + 1e-6) low = middle;
      else high = middle - 1;
    }
    return low;
  });
}

function samplingProblems({ frames, sampling = "uniform" }: FrameOptions): Problem[] {
  const subject = 'option "sampling"';
  const chosen: unknown = typeof sampling === "string" ? { method: sampling } : sampling;
  if (typeof chosen !== "object" || chosen === null) {
    return [{ subject, problem: "it is no way of sampling", expected: expectedSampling, got: show(sampling) }];
  }
  if ("timestamps" in chosen) {
    return [...unknownKeys(chosen, ["timestamps"]), ...timestampProblems(chosen.timestamps, frames)];
  }
  const method = "method" in chosen ? chosen.method : undefined;
  if (method !== "uniform" && method !== "window" && method !== "paper") {
    return [{ subject, problem: "it is no way of sampling", expected: expectedSampling, got: show(sampling) }];
  }
  const problems = unknownKeys(chosen, known[method]);
  const { clipLen, frameSampleRate, seed } = {
    clipLen: undefined,
    frameSampleRate: undefined,
    seed: undefined,
    ...chosen,
  };
  problems.push(...countProblems("clipLen", clipLen));
  if (clipLen !== undefined && frames !== undefined && clipLen !== frames) {
    problems.push({
      subject: "clipLen",
      problem: 'it differs from the option "frames"',
      expected: String(frames),
      got: show(clipLen),
    });
  }
  if (
    frameSampleRate !== undefined &&
    !(typeof frameSampleRate === "number" && frameSampleRate > 0 && frameSampleRate <= 1e6)
  ) {
    problems.push({
      subject: "frameSampleRate",
      problem: "it is not usable",
      expected: "a number above 0, to 1000000",
      got: show(frameSampleRate),
    });
  }
  if (seed !== undefined && !(Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) <= 0xffffffff)) {
    problems.push({
      subject: "seed",
      problem: "it is not usable",
      expected: "an integer from 0 to 4294967295",
      got: show(seed),
    });
  }
  return problems;
}

const expectedSampling = '"uniform", "window", "paper", an object with one of them as its method, or { timestamps }';

function timestampProblems(timestamps: unknown, frames: number | undefined): Problem[] {
  const subject = "timestamps";
  if (!Array.isArray(timestamps)) return [{ subject, problem: "they are no list", got: show(timestamps) }];
  const problems = countProblems(`the number of ${subject}`, timestamps.length);
  if (frames !== undefined && frames !== timestamps.length) {
    problems.push({
      subject,
      problem: 'their number differs from the option "frames"',
      expected: String(frames),
      got: String(timestamps.length),
    });
  }
  timestamps.forEach((time: unknown, i) => {
    const before: unknown = timestamps[i - 1];
    if (typeof time !== "number" || !(time >= 0) || time === Number.POSITIVE_INFINITY) {
      problems.push({
        subject: `timestamp ${i}`,
        problem: "it is not usable",
        expected: "seconds, 0 or more",
        got: show(time),
      });
    } else if (typeof before === "number" && before > time) {
      problems.push({
        subject: `timestamp ${i}`,
        problem: "it is before the one ahead of it",
        expected: "ascending times",
        got: show(time),
      });
    }
  });
  return problems;
}

function countProblems(subject: string, count: unknown): Problem[] {
  if (count === undefined) return [];
  if (Number.isInteger(count) && Number(count) >= 1 && Number(count) <= mostFrames) return [];
  return [{ subject, problem: "it is not usable", expected: `an integer from 1 to ${mostFrames}`, got: show(count) }];
}

function unknownKeys(value: object, names: readonly string[]): Problem[] {
  return Object.keys(value)
    .filter((key) => !names.includes(key))
    .map((key) => ({
      subject: 'option "sampling"',
      problem: `there is no ${show(key)} in it`,
      advice: `There is ${names.join(", ")}.`,
    }));
}
