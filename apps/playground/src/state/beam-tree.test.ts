// The tree of beams on small searches.
import { describe, expect, test } from "vitest";
import { beamTree, tokenText } from "./beam-tree.ts";

const beam = (text: string, score: number) => ({ tokens: text.split(" "), score });
/** One pixel a character. */
const measure = (text: string) => text.length;
const texts = (branches: readonly { readonly text: string }[]) => branches.map(({ text }) => text);

describe("beamTree", () => {
  test("nothing is a tree without rows but the first", () => {
    expect(beamTree([], undefined, measure)).toMatchObject({ branches: [], rows: 1 });
  });

  test("words that beams share are one branch; it forks where they part, the best first", () => {
    const steps = [{ beams: [beam("a", -1), beam("the", -2)] }, { beams: [beam("a cat", -3), beam("a dog", -2)] }];
    const { branches, rows } = beamTree(steps, undefined, measure);
    expect(texts(branches)).toEqual(["", "a", "dog", "cat", "the"]);
    expect(branches.map(({ row }) => row)).toEqual([0, 0, 0, 1, 2]);
    expect(branches.map(({ end }) => end?.fate)).toEqual([undefined, undefined, "running", "running", "dropped"]);
    expect(branches.filter(({ best }) => best).map(({ text }) => text)).toEqual(["", "a", "dog"]);
    expect(rows).toBe(3);
  });

  test("a branch starts where the one before it ends, and ends with its own score", () => {
    const { branches } = beamTree(
      [{ beams: [beam("a", -1)] }, { beams: [beam("a cat", -1.5), beam("a dog", -2)] }],
      undefined,
      measure,
    );
    const [, a, cat] = branches;
    expect(cat?.from).toEqual({ x: (a?.x ?? 0) + 1, row: 0 });
    expect(cat?.x).toBeGreaterThan((a?.x ?? 0) + 1);
    expect(cat?.end?.score).toBe(-1.5);
  });

  test("finished texts go before what was dropped, in the order of the result, whatever their totals were", () => {
    const steps = [{ beams: [beam("a", -1), beam("two", -0.5)] }];
    const result = { beams: [beam("a cat [SEP]", -0.2), beam("a dog [SEP]", -0.4)] };
    const { branches } = beamTree(steps, result, measure);
    expect(texts(branches)).toEqual(["", "a", "cat", "dog", "two"]);
    expect(branches.map(({ end }) => end?.rank)).toEqual([undefined, undefined, 0, 1, undefined]);
  });

  test("a beam that only ended is a branch without words", () => {
    const steps = [{ beams: [beam("a cat", -1)] }, { beams: [beam("a cat sat", -4)] }];
    const { branches } = beamTree(steps, { beams: [beam("a cat [SEP]", -0.2)] }, measure);
    expect(texts(branches)).toEqual(["", "a cat", "", "sat"]);
    expect(branches[2]).toMatchObject({ width: 0, end: { fate: "finished" }, best: true });
  });
});

test("pieces of words are put together, special tokens are not shown", () => {
  expect(tokenText(["an", "ant", "##elope", "[SEP]"])).toBe("an antelope");
  expect(tokenText(["[SEP]"])).toBe("");
});
