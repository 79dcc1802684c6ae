import { GlimpseError } from "@glimpsejs/base";
import { describe, expect, test } from "vitest";
import { bindFeeds, type FeedType } from "./bind.ts";
import { buildGraph } from "./builder.ts";

const graph = buildGraph("decoder", (b) => {
  b.input("mask", "float32", ["batch", "text", "past + text"]);
  b.input("ids", "int32", ["batch", "text"]);
  b.input("past", "float32", ["batch", 2, "past", 4]);
  b.input("pixels", "float32", ["16*rows", "16*columns"]);
});

const feeds: Readonly<Record<string, FeedType>> = {
  mask: { dtype: "float32", shape: [2, 3, 8] },
  ids: { dtype: "int32", shape: [2, 3] },
  past: { dtype: "float32", shape: [2, 2, 5, 4] },
  pixels: { dtype: "float32", shape: [32, 0] },
};

function problems(changed: Readonly<Record<string, FeedType>>): readonly string[] {
  try {
    bindFeeds(graph, changed);
  } catch (error) {
    if (!GlimpseError.isInstance(error, "invalid-argument")) throw error;
    return error.message.split("\n  - ");
  }
  return [];
}

test("binds every named dimension, in whatever order the inputs stand", () => {
  expect(bindFeeds(graph, feeds)).toEqual({ batch: 2, text: 3, past: 5, rows: 2, columns: 0 });
});

describe("bindFeeds", () => {
  test("lists missing, unknown and misshapen feeds at once", () => {
    expect(
      problems({
        mask: { dtype: "float32", shape: [2, 3] },
        past: { dtype: "float16", shape: [2, 2, 5, 4] },
        pixels: { dtype: "float32", shape: [33, 16] },
        toString: { dtype: "float32", shape: [] },
      }),
    ).toMatchInlineSnapshot(`
      [
        "5 problems:",
        "feed "toString": graph "decoder" has no such input, expected mask, ids, past, pixels.",
        "feed "mask": it has the wrong type, expected float32[batch, text, past + text], got float32[2, 3].",
        "feed "ids": it is missing, expected int32[batch, text].",
        "feed "past": it has the wrong type, expected float32[batch, 2, past, 4], got float16[2, 2, 5, 4].",
        "feed "pixels": it has the wrong type, expected float32[16*rows, 16*columns] = [16*rows, 16], got float32[33, 16].",
      ]
    `);
  });

  test("says the size that was expected", () => {
    expect(problems({ ...feeds, mask: { dtype: "float32", shape: [2, 3, 9] } })).toMatchInlineSnapshot(`
      [
        "feed "mask": it has the wrong type, expected float32[batch, text, past + text] = [2, 3, 8], got float32[2, 3, 9].",
      ]
    `);
  });

  test("reports sizes of several feeds, and none that only follow from a feed that is missing", () => {
    const { past: _, ...rest } = feeds;
    const wrong = { ...rest, ids: { dtype: "int32", shape: [3, 3] }, pixels: { dtype: "float32", shape: [1, 1] } };
    expect(problems(wrong)).toMatchInlineSnapshot(`
      [
        "3 problems:",
        "feed "past": it is missing, expected float32[batch, 2, past, 4].",
        "feed "ids": it has the wrong type, expected int32[batch, text] = [2, 3], got int32[3, 3].",
        "feed "pixels": it has the wrong type, expected float32[16*rows, 16*columns], got float32[1, 1].",
      ]
    `);
  });

  test("a feed inherited from Object is not a feed", () => {
    const odd = buildGraph("odd", (b) => void b.input("valueOf", "float32", ["toString"]));
    expect(bindFeeds(odd, { valueOf: { dtype: "float32", shape: [2] } })).toEqual({ toString: 2 });
    expect(() => bindFeeds(odd, {})).toThrow('feed "valueOf": it is missing, expected float32[toString].');
  });
});
