// Random numbers that are the same on every machine, so that a failing problem can be made again from its seed.
import { elementCount, float32, type HostTensor, int32 } from "@glimpsejs/graph";

/** A stream of pseudo-random numbers (mulberry32) that depends on the seed only. */
export class Random {
  readonly seed: number;
  private state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.state = seed;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Whole, from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.uniform() * (max - min + 1));
  }

  /** One of `choices`. */
  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.integer(0, choices.length - 1)] ?? choices[0];
  }

  /** Normally distributed with mean 0. */
  normal(shape: readonly number[], deviation = 1): HostTensor<"float32"> {
    const next = () =>
      deviation * Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
    return float32(Float32Array.from({ length: elementCount(shape) }, next), shape);
  }

  /** Whole numbers from `min` to `max`, both included. */
  integers(shape: readonly number[], min: number, max: number): HostTensor<"int32"> {
    return int32(
      Int32Array.from({ length: elementCount(shape) }, () => this.integer(min, max)),
      shape,
    );
  }
}
