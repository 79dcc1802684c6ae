// The short sorted list against a full sort.
import { describe, expect, test } from "vitest";
import { randomGenerator } from "../random.ts";
import { topCandidates } from "./candidates.ts";

const no = Number.NEGATIVE_INFINITY;

describe("topCandidates", () => {
  test("is the beginning of all candidates sorted, with ties in order of beam and token", () => {
    const random = randomGenerator(3);
    for (let round = 0; round < 50; round++) {
      const rows = [0, 1, 2].map(() => Float32Array.from({ length: 20 }, () => -Math.floor(random() * 8)));
      const totals = [0, -1, -2.5];
      const all = rows.flatMap((row, beam) =>
        [...row].map((value, token) => ({ beam, token, total: value + (totals[beam] ?? 0) })),
      );
      expect(topCandidates(rows, totals, 7)).toEqual(all.toSorted((a, b) => b.total - a.total).slice(0, 7));
    }
  });

  test("leaves out what is impossible, so that there may be fewer", () => {
    const rows = [Float32Array.of(no, -1, no), Float32Array.of(no, no, no)];
    expect(topCandidates(rows, [0, 0], 4)).toEqual([{ beam: 0, token: 1, total: -1 }]);
    expect(topCandidates([Float32Array.of(0, 0)], [no], 4)).toEqual([]);
    expect(topCandidates([Float32Array.of(Number.NaN, -1)], [0], 4).map((c) => c.token)).toEqual([1]);
  });
});
