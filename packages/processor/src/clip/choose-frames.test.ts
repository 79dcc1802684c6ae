// Sampled frames against numpy (test-data/clips/sampling.json), and what is refused.
import { readFileSync } from "node:fs";
import { GlimpseError } from "@glimpsejs/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkFrameOptions, chooseFrames, type FrameOptions } from "./choose-frames.ts";
import { paperIndices, uniformIndices, windowIndices, windowLength } from "./indices.ts";
import { MersenneTwister } from "./mersenne-twister.ts";

interface NumpySays {
  readonly uint32: readonly [seed: number, values: readonly number[]][];
  readonly randint: readonly [seed: number, low: number, high: number, values: readonly number[]][];
  readonly random: readonly [seed: number, values: readonly number[]][];
  readonly window: readonly [seed: number, clipLen: number, rate: number, frames: number, indices: readonly number[]][];
  readonly uniform: readonly [frames: number, n: number, indices: readonly number[]][];
}

const numpy: NumpySays = JSON.parse(
  readFileSync(new URL("../../test-data/clips/sampling.json", import.meta.url), "utf8"),
);

/** `count` frames at `rate` a second, in the ticks of a WebM file. */
const steady = (count: number, rate = 30) => ({
  starts: Float64Array.from({ length: count }, (_, i) => Math.round((i * 1000) / rate) / 1000),
  end: count / rate,
});
const choose = (count: number, options: FrameOptions) => chooseFrames(steady(count), options, "clip");

test("the generator is numpy's: words, bounded integers and doubles, for 200 seeds", () => {
  for (const [seed, values] of numpy.uint32) {
    const generator = new MersenneTwister(seed);
    const words = Array.from({ length: 1300 }, () => generator.uint32());
    expect(words.filter((_, i) => i % 100 === 0)).toEqual(values);
  }
  for (const [seed, low, high, values] of numpy.randint) {
    const generator = new MersenneTwister(seed);
    expect(values.map(() => generator.randint(low, high))).toEqual(values);
  }
  for (const [seed, values] of numpy.random) {
    const generator = new MersenneTwister(seed);
    expect(values.map(() => generator.random())).toEqual(values);
  }
  expect(numpy.randint).toHaveLength(200);
});

test("seed 45 gives the window of the documentation's example: 6 frames, rate 4, 355 frames", () => {
  expect(choose(355, { sampling: "window" })).toEqual([131, 135, 140, 145, 150, 154]);
  expect(choose(355, { sampling: { method: "window", clipLen: 6, frameSampleRate: 4, seed: 45 } })).toEqual(
    windowIndices(355, 6, 4, 45),
  );
});

test("windows are numpy's, for 200 seeds and many ranges", () => {
  for (const [seed, clipLen, frameSampleRate, count, indices] of numpy.window) {
    expect(choose(count, { sampling: { method: "window", clipLen, frameSampleRate, seed } })).toEqual(indices);
  }
  expect(numpy.window).toHaveLength(200);
});

test("uniform frames are numpy's linspace, at the rounded times of files too", () => {
  for (const [count, frames, indices] of numpy.uniform) {
    expect(uniformIndices(count, frames)).toEqual(indices);
    if (count <= 18000) expect(choose(count, { frames })).toEqual(indices);
  }
});

test("six frames by default, as many as there are of a shorter clip, repeats where more are asked for", () => {
  expect(choose(24, {})).toEqual([0, 5, 9, 14, 18, 23]);
  expect(choose(3, {})).toEqual([0, 1, 2]);
  expect(choose(1, {})).toEqual([0]);
  expect(choose(3, { frames: 6 })).toEqual([0, 0, 1, 1, 2, 2]);
  expect(choose(1, { frames: 2, sampling: "paper" })).toEqual([0, 0]);
});

test("the paper's: the middle of every interval, or one every interval from a seed", () => {
  expect(choose(24, { sampling: "paper" })).toEqual([2, 6, 10, 14, 18, 22]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 40 }), fc.nat(), (count, frames, seed) => {
      const indices = paperIndices(count, frames, seed);
      expect(indices).toHaveLength(frames);
      indices.forEach((index, i) => {
        expect(index).toBeGreaterThanOrEqual(Math.floor((i * count) / frames));
        expect(index).toBeLessThan(Math.max(1, ((i + 1) * count) / frames));
      });
    }),
  );
});

test("at a variable frame rate uniform means evenly in time, and timestamps name what is on the screen", () => {
  const times = { starts: [0, 0.1, 0.2, 0.3, 0.4, 5, 9.9, 10], end: 10.1 };
  expect(chooseFrames(times, { frames: 3 }, "clip")).toEqual([0, 5, 7]);
  expect(chooseFrames(times, { frames: 2 }, "clip")).toEqual([0, 7]);
  expect(chooseFrames(times, { frames: 5 }, "clip")).toEqual([0, 4, 5, 6, 7]);
  const shown = (timestamps: number[]) => chooseFrames(times, { sampling: { timestamps } }, "clip");
  expect(shown([0, 0.05, 0.1, 0.39, 0.4, 4.99, 5, 10.1])).toEqual([0, 0, 1, 3, 4, 4, 5, 7]);
  expect(shown([1 / 3 - 1 / 30])).toEqual([3]); // 0.3 less a rounding error
  expect(() => shown([1, 10.2, 99])).toThrow(
    /2 problems:\n {2}- clip: a timestamp is after its end, expected 0 to 10.100 s, got 10.2\.\n.*got 99/,
  );
});

test("D26: a clip that is not longer than the window", () => {
  for (const count of [1, 23, 24]) {
    expect(() => choose(count, { sampling: "window" })).toThrow(
      `clip: the clip is not longer than the window that frames are drawn from, expected more than 24 frames (clipLen 6 · frameSampleRate 4), got ${count}.`,
    );
  }
  expect(choose(25, { sampling: "window" })).toEqual([0, 4, 9, 14, 19, 23]);
  expect(windowLength(5, 1.5)).toBe(7);
});

test("options are checked all at once, before anything is opened", () => {
  const refusal = (options: unknown) => {
    try {
      checkFrameOptions(options as FrameOptions);
    } catch (error) {
      if (GlimpseError.isInstance(error, "invalid-argument")) return error.message;
    }
    throw new Error("it was accepted");
  };
  for (const frames of [0, -1, 1.5, Number.NaN, 1025, "6"]) expect(refusal({ frames })).toMatch(/an integer from 1/);
  for (const sampling of ["unifrom", 5, null, {}, { method: "unifrom" }]) {
    expect(refusal({ sampling })).toMatch(/"uniform", "window", "paper"/);
  }
  expect(
    refusal({ frames: 0, sampling: { method: "window", clipLen: 0, frameSampleRate: 0, seed: -1, rate: 1 } }),
  ).toMatch(/^5 problems:/);
  expect(refusal({ frames: 3, sampling: { timestamps: [2, 1, Number.NaN, -1] } })).toMatch(/^4 problems:/);
  expect(refusal({ sampling: { timestamps: [] } })).toMatch(/an integer from 1/);
  expect(refusal({ sampling: { timestamps: 3 } })).toMatch(/no list/);
  expect(() => new MersenneTwister(2 ** 32)).toThrow(GlimpseError);
  expect(() => new MersenneTwister(1).randint(3, 3)).toThrow(GlimpseError);
  checkFrameOptions({ frames: 6, sampling: { timestamps: [0, 0, 1, 2, 3, 4] } });
});
