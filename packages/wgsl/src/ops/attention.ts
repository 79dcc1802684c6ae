// attention: reads trunk, image rows and text slots where they are, whatever their strides. Segments without keys are not
// there. Two fused kernels do generation: one row per workgroup for decoding, tiles of rows for prefill and pictures. What
// they do not do (probabilities as a result, head masks, relative positions, odd head sizes) goes in separate steps.
import { addDims, type Dim, type Node } from "@glimpsejs/graph";
import type { Lowering } from "../lowering.ts";
import { type BufferId, type RowGrid, rowsOf } from "../view.ts";
import type { AttentionCall, Segment } from "./attention-call.ts";
import { attentionRows } from "./attention-rows.ts";
import { attentionSteps } from "./attention-steps.ts";
import { attentionTiles } from "./attention-tiles.ts";
import { copyOf, copyTo } from "./elementwise.ts";

/** More rows than this are computed in tiles. */
const fewRows = 8;

/** The attention of a node. */
export function attention(l: Lowering, node: Node<"attention">): void {
  const { inputs, attributes, path } = node;
  const copy = copyOf(l, path);
  const [contextName = "", probabilitiesName = ""] = node.outputs;
  const [batch = 1, rows = 1, width = 1] = l.shape(inputs.query).map((dim) => l.bound(dim));
  const { heads } = attributes;
  const headSize = width / heads;
  const segments = inputs.keys.flatMap((name, i): Segment[] => {
    const length = l.shape(name)[2] ?? 0;
    if (length === 0) return [];
    return [{ key: l.read(name), value: l.read(inputs.values[i] ?? name), length }];
  });
  const grid: RowGrid = { batches: batch, perBatch: rows };
  const target = l.write(contextName);
  const view = rowsOf(target, grid) === undefined ? l.temporary(target.shape) : target;
  const output = l.rows(view, grid, () => view);
  const query = l.rows(l.read(inputs.query), grid, copy);
  const hasMask = inputs.mask !== undefined && (l.shape(inputs.keys.at(-1) ?? "")[2] ?? 0) !== 0;
  const mask = inputs.mask !== undefined && hasMask ? l.contiguous(l.read(inputs.mask), copy) : undefined;
  const total = segments.reduce((sum: Dim, { length }) => addDims(sum, length), 0);
  const call = { path, heads, headSize, batch, rows, segments, total, query, output, mask };

  const wantsProbabilities = (l.graph.uses.get(probabilitiesName) ?? 0) > 0;
  const isPlain =
    !wantsProbabilities && inputs.headMask === undefined && attributes.relative === undefined && isFused(l, call);
  if (!isPlain) attentionSteps(l, node, call, wantsProbabilities ? l.write(probabilitiesName) : undefined);
  else if (rows <= fewRows || headSize > 128) attentionRows(l, call);
  else attentionTiles(l, call);
  if (view !== target) copyTo(l, view, target, path);
}

function isFused(l: Lowering, { segments, headSize, query, output, mask }: AttentionCall): boolean {
  const buffers = new Set<BufferId>([query.buffer, output.buffer, ...(mask === undefined ? [] : [mask.buffer])]);
  for (const { key, value } of segments) buffers.add(key.buffer).add(value.buffer);
  const { storageBuffers } = l.features;
  const isAligned = segments.every(({ key, value }) => {
    return [key, value].every(
      ({ offset, strides }) => strides[3] === 1 && [offset, ...strides.slice(0, 3)].every(byFour),
    );
  });
  const fits = buffers.size <= storageBuffers && segments.length > 0;
  return (
    fits &&
    headSize % 4 === 0 &&
    headSize <= 256 &&
    isAligned &&
    [query, output].every(({ offset, batch, row }) => [offset, batch, row].every(byFour))
  );
}

function byFour(dim: Dim): boolean {
  return typeof dim === "number" ? dim % 4 === 0 : true; // growing sizes only come multiplied with the head size
}
