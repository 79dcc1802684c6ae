// Random problems for attention: any number of segments of any length, with and without each of its options.
import { float32, type Value } from "@glimpsejs/graph";
import type { ProblemBuilder } from "../problem.ts";
import type { Random } from "../random.ts";

/** A number no score outweighs, for masks. */
export const never = -1e9;

/** Adds one attention node; with `empty` its queries, one of its segments, or all of them are empty. */
export function attentionProblem(p: ProblemBuilder, random: Random, empty: boolean): void {
  const [b, heads, d] = [random.integer(1, 3), random.integer(1, 3), random.integer(1, 8)];
  const emptied = empty ? random.pick(["queries", "segment", "all segments"]) : undefined;
  const s = emptied === "queries" ? 0 : random.integer(1, 4);
  const lengths = Array.from({ length: random.integer(1, 3) }, () =>
    emptied === "all segments" ? 0 : random.integer(1, 5),
  );
  if (emptied === "segment") lengths[random.integer(0, lengths.length - 1)] = 0;

  const query = p.feed("query", random.normal([b, s, heads * d]), ["batch", "rows", heads * d]);
  const segments = (kind: string): readonly Value[] =>
    lengths.map((length, i) =>
      p.feed(`${kind}.${i}`, random.normal([b, heads, length, d]), ["batch", heads, `segment${i}`, d]),
    );
  const keys = segments("key");
  const values = segments("value");
  const last = lengths.length - 1;
  const lastLength = lengths[last] ?? 0;
  // Every row may look at slot 0 at least: what a row that sees nothing attends to depends on rounding.
  const allowed = random.normal([b, s, lastLength]).data.map((x, i) => (i % lastLength === 0 || x > 0 ? 0 : never));
  const maskValue = float32(allowed, [b, s, lastLength]);
  const mask = random.pick([true, false]) ? p.feed("mask", maskValue, ["batch", "rows", `segment${last}`]) : undefined;
  const headMask = random.pick([true, false]) ? p.feed("headMask", random.normal([heads])) : undefined;

  const relative = random.pick([undefined, "key" as const, "key_query" as const]);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const reach = 6; // positions 0 to 5 are at most 5 apart
  const positions = (name: string, count: number, dim: string) =>
    p.feed(name, random.integers([b, count], 0, reach - 1), ["batch", dim]);
  const relativeInputs = relative && {
    distances: p.weight("distances", random.normal([2 * reach - 1, d])),
    queryPositions: positions("queryPositions", s, "rows"),
    keyPositions: positions("keyPositions", total, lengths.map((_, i) => `segment${i}`).join(" + ")),
  };
  p.results(p.b.ops("attention", { query, keys, values, mask, headMask, ...relativeInputs }, { heads, relative }));
}
