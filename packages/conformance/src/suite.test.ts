// Does the suite notice what it is there to notice? Backends with one fault each must fail the test that is about it.
import type { Backend, DeviceTensor, Program } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import type { Graph, Node } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { groups } from "./groups/index.ts";
import { unknownSkips } from "./test-backend.ts";
import { tolerancesOf } from "./tolerances.ts";

const names = Object.entries(groups).flatMap(([group, tests]) => tests.map((t) => `${group}: ${t.name}`));

test("every test has a name of its own", () => {
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(80);
});

test("a skip must name a test and give a reason", () => {
  const [known = ""] = names;
  expect(unknownSkips([{ reason: "because", tests: [known] }])).toEqual([]);
  expect(unknownSkips([{ reason: "because", tests: [known, "ops: matMul"] }])).toEqual(["ops: matMul"]);
  expect(unknownSkips([{ reason: " ", tests: [known] }])).toEqual([`no reason for ${known}`]);
});

/** Runs one test on the reference backend, changed by `change`. */
async function run(name: string, change: (backend: Backend) => Backend): Promise<void> {
  const [group = "", title = ""] = name.split(/: (.*)/);
  const found = groups[group]?.find((t) => t.name === title);
  if (found === undefined) throw new Error(`there is no test "${name}"`);
  const open = async () => change(await reference().open());
  await found.run({
    plugin: { ...reference(), open },
    backend: await open(),
    oracle: await reference().open(),
    tolerances: tolerancesOf("reference"),
  });
}

/** The backend with other graphs compiled than those it is given. */
function rewriting(rewrite: (graph: Graph) => Graph): (backend: Backend) => Backend {
  return (backend) => ({
    ...same(backend),
    compile(graphs, weights, signal) {
      const rewritten = Object.entries<Graph>(graphs).map(([name, graph]) => [name, rewrite(graph)]);
      return backend.compile(Object.fromEntries(rewritten) as typeof graphs, weights, signal);
    },
  });
}

/** The backend with programs that run otherwise. */
function running(run: (program: Program) => Program["run"]): (backend: Backend) => Backend {
  return (backend) => ({
    ...same(backend),
    async compile(graphs, weights, signal) {
      const program = await backend.compile(graphs, weights, signal);
      return { graphs, run: run(program as Program), dispose: () => program.dispose() };
    },
  });
}

function same(backend: Backend): Backend {
  return {
    name: backend.name,
    dtypes: backend.dtypes,
    compile: (graphs, weights, signal) => backend.compile(graphs, weights, signal),
    upload: (value) => backend.upload(value),
    dispose: () => backend.dispose(),
  };
}

const withAttributes = (op: string, attributes: object) =>
  rewriting((graph) => ({
    ...graph,
    nodes: graph.nodes.map((node) =>
      node.op === op ? ({ ...node, attributes: { ...node.attributes, ...attributes } } as typeof node) : node,
    ),
  }));

const withoutInput = (op: string, input: string) =>
  rewriting((graph) => ({
    ...graph,
    nodes: graph.nodes.map((node) =>
      node.op === op ? ({ ...node, inputs: { ...node.inputs, [input]: undefined } } as typeof node) : node,
    ),
  }));

const withoutMasks = rewriting((graph) => ({
  ...graph,
  nodes: graph.nodes.map((node): Node => {
    if (node.op !== "maskTokens") return node;
    const { tokens: _, ...inputs } = node.inputs;
    return { ...node, op: "reshape", inputs, attributes: { shape: graph.types[inputs.x]?.shape ?? [] } };
  }),
}));

const kept = (tensor: DeviceTensor): DeviceTensor => ({
  dtype: tensor.dtype,
  shape: tensor.shape,
  read: () => tensor.read(),
  dispose() {},
});

describe("a fault is found", () => {
  test.each([
    ["ops: activation gelu equals PyTorch", withAttributes("activation", { function: "gelu_new" })],
    ["ops: layerNorm equals PyTorch", withAttributes("layerNorm", { epsilon: 1e-2 })],
    [
      "blocks: layerNorm of nearly equal numbers, epsilon 1e-12 equals PyTorch",
      withAttributes("layerNorm", { epsilon: 1e-5 }),
    ],
    ["ops: linear equals the reference", withoutInput("linear", "bias")],
    ["ops: quantizedLinear equals the reference", withoutInput("quantizedLinear", "bias")],
    ["ops: attention equals the reference", withoutInput("attention", "mask")],
    ["ops: attention with a head mask equals PyTorch", withoutInput("attention", "headMask")],
    ["ops: attention with relative keys and queries equals PyTorch", withAttributes("attention", { relative: "key" })],
    [
      "blocks: attention: three pictures with four leaves each equal twelve separate computations",
      withoutInput("attention", "mask"),
    ],
    ["ops: maskTokens equals the reference", withoutMasks],
    ["choices: a masked token cannot win, nor count among the best", withoutMasks],
    ["carries: step by step equals one full pass", withoutInput("attention", "mask")],
    ["carries: a fed state is consumed", rewriting((graph) => ({ ...graph, carries: {} }))],
    ["carries: a fed state is consumed even if the run rejects", rewriting((graph) => ({ ...graph, carries: {} }))],
    [
      "whole: a tiny GIT gives the features, logits and tokens of transformers",
      withAttributes("activation", { function: "relu" }),
    ],
    [
      "order: a selection of outputs gives those and no others",
      running((program) => (graph, feeds) => program.run(graph, feeds)),
    ],
    ["order: runs that are not awaited end in call order, each with its own result", running(outOfOrder)],
    [
      "errors: an abort while weights are read stops compile",
      (backend: Backend) => ({ ...same(backend), compile: (graphs, weights) => backend.compile(graphs, weights) }),
    ],
    [
      "tensors: dispose may be called twice, and ends the tensor",
      (backend: Backend) => ({ ...same(backend), upload: (value) => kept(backend.upload(value)) }),
    ],
  ] satisfies [string, (backend: Backend) => Backend][])("%s", async (name, change) => {
    await run(name, (backend) => backend);
    await expect(run(name, change)).rejects.toThrow(
      /elements differ|outputs differ|there was no error|in the order|went on/,
    );
  });
});

/** The first of several runs ends last. */
function outOfOrder(program: Program): Program["run"] {
  let first = true;
  return async (graph, feeds, outputs) => {
    const late = first;
    first = false;
    const results = await program.run(graph, feeds, outputs);
    if (late) await new Promise((resolve) => setTimeout(resolve, 50));
    return results;
  };
}
