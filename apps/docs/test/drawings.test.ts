// The drawings of docs/drawings, from the graphs of git-base and from what the bench measured: written by `npm run docs:tables`, held here.
import type { Graph } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { benchDrawings } from "./bench-table.ts";
import { drawFlow, drawLayer, drawTree } from "./draw.ts";
import { layer, step, vision } from "./graphs.ts";

const drawings = {
  "way-of-a-picture": wayOfAPicture,
  "token-tree": tokenTree,
  "vision-layer": visionLayer,
  "decoder-layer": decoderLayer,
  ...benchDrawings(),
};

test.each(Object.entries(drawings))("%s.svg is what the code says", async (name, draw) => {
  await expect(draw()).toMatchFileSnapshot(new URL(`../../../docs/drawings/${name}.svg`, import.meta.url).pathname);
});

function wayOfAPicture(): string {
  const shape = (graph: Graph, value: string) => {
    const type = graph.types[graph.outputs[value] ?? value] ?? graph.inputs[value];
    if (type === undefined) throw new Error(`drawings: ${graph.name} has no ${value}.`);
    return `${type.dtype} [${type.shape.join(", ")}]`;
  };
  const layers = Object.keys(step.inputs).filter((name) => /^trunk\.\d+\.key$/.test(name)).length;
  const key = step.inputs["trunk.0.key"];
  return drawFlow("The way of a picture through git-base", [
    { title: "a picture", detail: "a file, a canvas, pixels" },
    { title: "pixelValues", detail: shape(vision, "pixelValues"), by: "decode, resize, crop, normalize" },
    { title: "features", detail: shape(vision, "features"), by: "patches, and the image encoder" },
    {
      title: "the trunk",
      detail: `${2 * layers} × float32 [${key?.shape.join(", ")}]`,
      by: "keys and values, layer by layer",
    },
    { title: "logits", detail: shape(step, "logits"), by: "[CLS], then token by token" },
    { title: "a text", detail: "a book on a white background", by: "WordPiece, backwards" },
  ]);
}

function tokenTree(): string {
  return drawTree("A tree of texts on one picture", "a picture: the trunk", [
    {
      words: "[CLS]",
      children: [
        { words: "a cat on a mat [SEP]", note: "beam 0" },
        { words: "two cats …", note: "beam 1" },
      ],
    },
    { words: "[CLS] what color is it?", note: "a question", children: [{ words: "white [SEP]", note: "its answer" }] },
    { words: "[CLS] how many are there?", note: "another", children: [{ words: "two [SEP]", note: "its answer" }] },
  ]);
}

function visionLayer(): string {
  return drawLayer("A layer of the image encoder", layer(vision, 0));
}

function decoderLayer(): string {
  return drawLayer("A layer of the decoder", layer(step, 0));
}
