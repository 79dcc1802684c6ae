// The random numbers of numpy's legacy generator, `np.random.seed(n)` and `np.random.randint(low, high)`: MT19937
// (Matsumoto and Nishimura 1998), so that a seed chooses the same frames here as in Python. Not for secrets.
import { GlimpseError, show } from "@glimpsejs/base";

const words = 624;
const middle = 397;

/** numpy's `RandomState(seed)`. `seed` is an integer from 0 to 2^32 - 1; anything else is an "invalid-argument". */
export class MersenneTwister {
  private readonly state = new Uint32Array(words);
  private at = words;

  /** Throws "invalid-argument" for a seed that is none. */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new GlimpseError(
        { subject: "seed", problem: "it is not usable", expected: "an integer from 0 to 4294967295", got: show(seed) },
        { code: "invalid-argument" },
      );
    }
    let word = seed;
    for (let i = 0; i < words; i++) {
      this.state[i] = word;
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i + 1) >>> 0;
    }
  }

  /** 32 random bits, as an integer from 0. */
  uint32(): number {
    if (this.at === words) this.twist();
    let y = this.state[this.at++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /**
   * An integer of low … high - 1, the bounds integers at most 2^32 apart. numpy draws as many bits as high - 1 - low
   * has and rejects what is beyond; an interval of one integer draws nothing.
   */
  randint(low: number, high: number): number {
    const range = high - 1 - low;
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || range < 0 || range > 0xffffffff) {
      throw new GlimpseError(
        { subject: "randint()", problem: "the interval is not usable", got: `${show(low)} to ${show(high)}` },
        { code: "invalid-argument" },
      );
    }
    if (range === 0) return low;
    const mask = 0xffffffff >>> Math.clz32(range);
    for (;;) {
      const value = (this.uint32() & mask) >>> 0;
      if (value <= range) return low + value;
    }
  }

  /** A number of [0, 1) with 53 random bits, as `np.random.random()`. */
  random(): number {
    const [high, low] = [this.uint32() >>> 5, this.uint32() >>> 6];
    return (high * 67108864 + low) / 9007199254740992;
  }

  private twist(): void {
    const { state } = this;
    for (let i = 0; i < words; i++) {
      const y = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % words] ?? 0) & 0x7fffffff);
      state[i] = (state[(i + middle) % words] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }
}
