import { expect, test } from "vitest";
import { buildGraph } from "./builder.ts";
import { print } from "./print.ts";
import { specialize } from "./specialize.ts";
import { verify } from "./verify.ts";

const graph = buildGraph("step", (b) => {
  const image = b.input("image", "float32", ["batch", "image", 4]);
  const text = b.input("text", "float32", ["batch", "text", 4]);
  const mask = b.input("mask", "float32", ["batch", "text", "past + text"]);
  const x = b.op("concat", { parts: [image, text] }, { axis: 1 });
  const y = b.op("linear", { x, weight: b.weight("weight", [4, 4]) }, {});
  const keys = b.op("splitHeads", { x: y }, { heads: 2 });
  const [ofImage, ofText] = b.ops("split", { x: keys }, { axis: 2, sizes: ["image", "text"] });
  const [, query] = b.ops("split", { x: y }, { axis: 1, sizes: ["image", "text"] });
  if (ofImage === undefined || ofText === undefined || query === undefined) return;
  const past = b.input("past", "float32", ["batch", 2, "past", 2]);
  const present = b.op("concat", { parts: [past, ofText] }, { axis: 2 });
  const segments = [ofImage, present];
  const context = b.op("attention", { query, keys: segments, values: segments, mask }, { heads: 2 });
  b.output("rows", b.op("reshape", { x: context }, { shape: ["batch*text", 4] }));
  b.output("keys", ofImage);
  b.output("present", present);
  b.carry("past", "present");
});

test("without image rows nothing is split or joined but the cache", () => {
  const text = specialize(graph, { image: 0 }, "text");
  expect(() => verify(text)).not.toThrow();
  expect(print(text)).toMatchInlineSnapshot(`
    "graph text
      input text : float32[batch, text, 4]
      input mask : float32[batch, text, past + text]
      input past : float32[batch, 2, past, 2]
      weight weight : float32[4, 4]
      %1 = linear(x: text, weight: weight) : float32[batch, text, 4]    # 
      %2 = splitHeads(x: %1, heads=2) : float32[batch, 2, text, 2]    # 
      %7 = concat(parts: [past, %2], axis=2) : float32[batch, 2, past + text, 2]    # 
      %8, %9 = attention(query: %1, keys: [%7], values: [%7], mask: mask, heads=2) : float32[batch, text, 4], float32[batch, 2, text, past + text]    # 
      %10 = reshape(x: %8, shape=[batch*text, 4]) : float32[batch*text, 4]    # 
      output rows = %10
      output present = %7
      carry past <- present
    "
  `);
});

test("without text rows the image's keys are left, and the inputs that they need", () => {
  const image = specialize(graph, { text: 0, past: 0 }, "image");
  expect(() => verify(image)).not.toThrow();
  expect(print(image)).toMatchInlineSnapshot(`
    "graph image
      input image : float32[batch, image, 4]
      weight weight : float32[4, 4]
      %1 = linear(x: image, weight: weight) : float32[batch, image, 4]    # 
      %2 = splitHeads(x: %1, heads=2) : float32[batch, 2, image, 2]    # 
      output keys = %2
    "
  `);
});

test("sizes above 0 stand where their names stood", () => {
  const one = specialize(graph, { batch: 1, text: 3 });
  expect(() => verify(one)).not.toThrow();
  expect(one.inputs["mask"]?.shape).toEqual([1, 3, "3 + past"]);
  expect(one.outputs).toEqual(graph.outputs);
});

test("what is fed for its size alone stays while the size is open", () => {
  const choosing = buildGraph("choose", (b) => {
    b.input("wanted", "int32", ["wanted"]);
    b.output("best", b.op("topK", { x: b.input("logits", "float32", ["rows", 9]) }, { k: "wanted" }));
  });
  const open = specialize(choosing, { rows: 2 });
  expect(() => verify(open)).not.toThrow();
  expect(Object.keys(open.inputs)).toEqual(["wanted", "logits"]);
  const fixed = specialize(choosing, { wanted: 3 });
  expect(() => verify(fixed)).not.toThrow();
  expect(Object.keys(fixed.inputs)).toEqual(["logits"]);
  expect(fixed.nodes.map(({ attributes }) => attributes)).toEqual([{ k: 3 }]);
});

test("no tokens to mask leave the logits as they are", () => {
  const choosing = buildGraph("choose", (b) => {
    const logits = b.input("logits", "float32", ["rows", 4]);
    const tokens = b.input("tokens", "int32", ["rows", "masked"]);
    b.output("best", b.op("argMax", { x: b.op("maskTokens", { x: logits, tokens }, {}) }, {}));
  });
  const unmasked = specialize(choosing, { masked: 0 });
  expect(() => verify(unmasked)).not.toThrow();
  expect(Object.keys(unmasked.inputs)).toEqual(["logits"]);
  expect(unmasked.nodes.map(({ op, inputs }) => [op, inputs])).toEqual([["argMax", { x: "logits" }]]);
});
