// The short sorted list against a full sort.
import { describe, expect, test } from "vitest";
import { randomGenerator } from "../random.ts";
import { topCandidates } from "./candidates.ts";
import type { Scores } from "./scores.ts";

const no = Number.NEGATIVE_INFINITY;
const whole = (values: Float32Array, logits = values): Scores => {
  return {
    tokens: undefined,
    values,
    bound: no,
    logits: { tokens: undefined, values: logits, bound: no, logSumExp: 0 },
  };
};

describe("topCandidates", () => {
  test("is the beginning of all candidates sorted, with ties in order of beam and token", () => {
    const random = randomGenerator(3);
    for (let round = 0; round < 50; round++) {
      const rows = [0, 1, 2].map(() => Float32Array.from({ length: 20 }, () => -Math.floor(random() * 8)));
      const totals = [0, -1, -2.5];
      const all = rows.flatMap((row, beam) =>
        [...row].map((value, token) => ({ beam, token, total: value + (totals[beam] ?? 0) })),
      );
      expect(
        topCandidates(
          rows.map((row) => whole(row)),
          totals,
          7,
        ),
      ).toEqual(all.toSorted((a, b) => b.total - a.total).slice(0, 7));
    }
  });

  test("leaves out what is impossible, so that there may be fewer", () => {
    const rows = [Float32Array.of(no, -1, no), Float32Array.of(no, no, no)];
    expect(
      topCandidates(
        rows.map((row) => whole(row)),
        [0, 0],
        4,
      ),
    ).toEqual([{ beam: 0, token: 1, total: -1 }]);
    expect(topCandidates([whole(Float32Array.of(0, 0))], [no], 4)).toEqual([]);
    expect(topCandidates([whole(Float32Array.of(Number.NaN, -1))], [0], 4)?.map((c) => c.token)).toEqual([1]);
  });

  test("is undefined where a token that is not known could be among them", () => {
    const values = Float32Array.of(-1, -2);
    const known = { tokens: [3, 7], values };
    const row = (bound: number, last = 7) => ({ ...known, bound, logits: { ...known, bound, last, logSumExp: 0 } });
    const top = (bound: number, count: number, last?: number) => topCandidates([row(bound, last)], [-1], count);
    const two = [
      { beam: 0, token: 3, total: -2 },
      { beam: 0, token: 7, total: -3 },
    ];
    expect(top(-3, 2)).toEqual(two);
    expect(top(-2, 2)).toEqual(two); // the last is the worst of the two: what ties with it comes later
    expect(top(-2, 2, 5)).toBeUndefined(); // 6 may tie with the last
    expect(top(-1, 2)).toBeUndefined(); // it may be better
    expect(top(-3, 3)).toBeUndefined(); // there are too few
    expect(top(no, 3)).toHaveLength(2); // there is no other
    const other = whole(Float32Array.of(-2));
    // What ties with the worst goes after it in a later beam, before it in an earlier one.
    expect(topCandidates([other, row(-2)], [0, 0], 2)?.map(({ beam }) => beam)).toEqual([1, 0]);
    expect(topCandidates([row(-2, 3), other], [-2, -2], 3)).toBeUndefined();
  });

  test("equal totals of a beam go by their logits, so that what is known of each are always its best", () => {
    const [values, logits] = [Float32Array.of(-4, -4, -4, -4), Float32Array.of(1, 3, 2, 3)];
    const tokens = (count: number) => topCandidates([whole(values, logits)], [0], count)?.map(({ token }) => token);
    expect([tokens(1), tokens(3), tokens(4)]).toEqual([[1], [1, 3, 2], [1, 3, 2, 0]]);
  });
});
