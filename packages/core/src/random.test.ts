// The generator, and draws by their frequencies: with these seeds, chi-square stays below the value that a right
// implementation exceeds once in a thousand times.
import { describe, expect, test } from "vitest";
import { drawIndex, drawWithoutReplacement, randomGenerator } from "./random.ts";

const no = Number.NEGATIVE_INFINITY;
const probs = [0.45, 0.3, 0.15, 0.1];
const scores = Float32Array.from(probs, (p) => Math.log(p) + 3);

function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  return counts.reduce((sum, count, i) => sum + (count - (expected[i] ?? 0)) ** 2 / (expected[i] ?? 0), 0);
}

describe("randomGenerator", () => {
  test("gives the numbers of Mulberry32", () => {
    const random = randomGenerator(0);
    expect([random(), random(), random()].map((u) => u * 2 ** 32)).toEqual([1144304738, 1416247, 958946056]);
  });

  test("depends on the low 32 bits of the seed", () => {
    expect(randomGenerator(2 ** 32 + 7)()).toBe(randomGenerator(7)());
    expect(randomGenerator(-1)()).not.toBe(randomGenerator(1)());
  });
});

describe("drawIndex", () => {
  test("draws as often as the probabilities say", () => {
    const random = randomGenerator(1);
    const row = Float32Array.of(no, ...scores, no);
    const counts = Array(row.length).fill(0);
    for (let n = 0; n < 20_000; n++) counts[drawIndex(row, random)]++;
    expect([counts[0], counts[5]]).toEqual([0, 0]);
    const expected = probs.map((p) => 20_000 * p);
    expect(chiSquare(counts.slice(1, 5), expected)).toBeLessThan(16.27); // 3 degrees of freedom
  });

  test("goes by the cumulative sum, and never draws a forbidden token", () => {
    const row = Float32Array.of(no, 0, no, 0, no);
    expect(drawIndex(row, () => 0)).toBe(1);
    expect(drawIndex(row, () => 0.499)).toBe(1);
    expect(drawIndex(row, () => 0.5)).toBe(3);
    expect(drawIndex(row, () => 1 - 2 ** -32)).toBe(3);
  });

  test("large scores do not overflow", () => {
    expect(drawIndex(Float32Array.of(-3.4e38, 3.4e38), () => 0)).toBe(1);
  });

  test.each([[[no, no]], [[0, Number.NaN]], [[0, Number.POSITIVE_INFINITY]], [[]]])(
    "%j cannot be drawn from",
    (row) => {
      expect(() => drawIndex(Float32Array.from(row), () => 0.5)).toThrow(/^generate\(\): no token has a probability/);
    },
  );
});

describe("drawWithoutReplacement", () => {
  test("draws ordered pairs as often as one draw after the other would", () => {
    const random = randomGenerator(2);
    const pairs = probs.flatMap((p, i) => probs.flatMap((q, j) => (i === j ? [] : [{ i, j, p: (p * q) / (1 - p) }])));
    const counts = pairs.map(() => 0);
    for (let n = 0; n < 20_000; n++) {
      const [first, second] = drawWithoutReplacement(scores, 2, random);
      const at = pairs.findIndex(({ i, j }) => i === first && j === second);
      counts[at] = (counts[at] ?? Number.NaN) + 1;
    }
    const expected = pairs.map(({ p }) => 20_000 * p);
    expect(chiSquare(counts, expected)).toBeLessThan(31.26); // 11 degrees of freedom
  });

  test("draws what there is and nothing forbidden", () => {
    const random = randomGenerator(3);
    expect(drawWithoutReplacement(Float32Array.of(no, 1, no, 2), 3, random).toSorted()).toEqual([1, 3]);
    expect(drawWithoutReplacement(Float32Array.of(no, no), 3, random)).toEqual([]);
  });

  test("the ends of the generator's range are harmless", () => {
    expect(drawWithoutReplacement(Float32Array.of(0, -60), 1, () => 0)).toEqual([0]);
    expect(drawWithoutReplacement(Float32Array.of(0, -60), 1, () => 1 - 2 ** -32)).toEqual([0]);
    const ends = [1 - 2 ** -32, 0];
    expect(drawWithoutReplacement(Float32Array.of(-60, 0), 1, () => ends.pop() ?? 0)).toEqual([1]);
  });
});
