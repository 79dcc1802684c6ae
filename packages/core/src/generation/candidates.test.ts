// The short sorted list against a full sort.
import { describe, expect, test } from "vitest";
import { randomGenerator } from "../random.ts";
import { topCandidates } from "./candidates.ts";
import type { Scores } from "./scores.ts";

const no = Number.NEGATIVE_INFINITY;
const whole = (values: Float32Array): Scores => ({ tokens: undefined, values, bound: no });

describe("topCandidates", () => {
  test("is the beginning of all candidates sorted, with ties in order of beam and token", () => {
    const random = randomGenerator(3);
    for (let round = 0; round < 50; round++) {
      const rows = [0, 1, 2].map(() => Float32Array.from({ length: 20 }, () => -Math.floor(random() * 8)));
      const totals = [0, -1, -2.5];
      const all = rows.flatMap((row, beam) =>
        [...row].map((value, token) => ({ beam, token, total: value + (totals[beam] ?? 0) })),
      );
      expect(topCandidates(rows.map(whole), totals, 7)).toEqual(all.toSorted((a, b) => b.total - a.total).slice(0, 7));
    }
  });

  test("leaves out what is impossible, so that there may be fewer", () => {
    const rows = [Float32Array.of(no, -1, no), Float32Array.of(no, no, no)];
    expect(topCandidates(rows.map(whole), [0, 0], 4)).toEqual([{ beam: 0, token: 1, total: -1 }]);
    expect(topCandidates([whole(Float32Array.of(0, 0))], [no], 4)).toEqual([]);
    expect(topCandidates([whole(Float32Array.of(Number.NaN, -1))], [0], 4)?.map((c) => c.token)).toEqual([1]);
  });

  test("is undefined where a token that is not known could be among them", () => {
    const known = { tokens: [3, 7], values: Float32Array.of(-1, -2) };
    const top = (bound: number, count: number) => topCandidates([{ ...known, bound }], [-1], count);
    expect(top(-3, 2)).toEqual([
      { beam: 0, token: 3, total: -2 },
      { beam: 0, token: 7, total: -3 },
    ]);
    expect(top(-2, 2)).toBeUndefined(); // it ties with the last
    expect(top(-3, 3)).toBeUndefined(); // there are too few
    expect(top(no, 3)).toHaveLength(2); // there is no other
  });
});
