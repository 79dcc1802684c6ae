// Plans of real graphs as text and as counts. Nothing runs here; numbers are checked on devices.
import { GitConfig } from "@glimpsejs/config";
import { buildGraph, type DType } from "@glimpsejs/graph";
import { decoderGraph, planQuantization, quantizeGraph, visionGraph } from "@glimpsejs/model";
import { describe, expect, test } from "vitest";
import {
  type Features,
  growingStates,
  layOutWeights,
  type Plan,
  planGraph,
  printPlan,
  temporaryBytes,
} from "./index.ts";

const features: Features = { storageBuffers: 8, subgroups: { min: 32, max: 32 } };
const base = GitConfig.create({});
const decoder = decoderGraph(base);
const names = (kind: string) => Array.from({ length: 6 }, (_, i) => [`${kind}.${i}.key`, `${kind}.${i}.value`]).flat();

function planDecoder(
  sizes: Readonly<Record<string, number>>,
  outputs: readonly string[],
  { stored = "float32", graph = decoder }: { readonly stored?: DType; readonly graph?: typeof decoder } = {},
): Plan {
  const layout = layOutWeights([graph], () => stored);
  const none = { batch: 1, image: 0, trunk: 0, text: 1, wanted: 1, columns: 0, masked: 0, given: 0, candidates: 1 };
  return planGraph(graph, { outputs, sizes: { ...none, ...sizes }, capacity: 64, layout, features });
}

const greedy = ["nextIds", ...names("present")];

describe("git-base", () => {
  test("a greedy step is 46 dispatches, none of them a copy", () => {
    const plan = planDecoder({ trunk: 197, columns: 1 }, greedy);
    expect(plan.dispatches.length).toBeLessThanOrEqual(50);
    expect(plan.dispatches.length).toBe(46);
    // No copies: of the trunk, of the cache, or anything else.
    expect(plan.dispatches.filter(({ op }) => op === "copy" || op === "concat")).toEqual([]);
    expect(plan.outputs["nextIds"]?.view.shape).toEqual([1, 1]);
  });

  test("a step of four beams, with their candidates and sums, is one more", () => {
    const outputs = ["candidateIds", "candidateLogits", "logSumExp", ...names("present")];
    expect(planDecoder({ trunk: 197, text: 4, wanted: 4, columns: 4, candidates: 8 }, outputs).dispatches).toHaveLength(
      47,
    );
  });

  test("with forbidden tokens it is one more", () => {
    expect(planDecoder({ trunk: 197, columns: 1, masked: 3 }, greedy).dispatches).toHaveLength(47);
  });

  test("int8 and int4 weights take no more dispatches, float16 halves the bytes of a step", () => {
    const counts = (["int8", "int4"] as const).map((dtype) => {
      const graph = quantizeGraph(decoder, planQuantization([decoder], dtype));
      return planDecoder({ trunk: 197, columns: 1 }, greedy, { graph }).dispatches.length;
    });
    expect(counts).toEqual([46, 46]);
    const bytes = (stored: DType) => {
      const { dispatches } = planDecoder({ trunk: 197, columns: 1 }, greedy, { stored });
      return dispatches.reduce((sum, { op, work }) => sum + (op === "linear" ? Number(work.bytes) : 0), 0);
    };
    expect(bytes("float16") / bytes("float32")).toBeCloseTo(0.5, 1);
  });

  test("everything fits WebGPU's default limits", () => {
    const vision = visionGraph(base);
    const layout = layOutWeights([vision], () => "float32");
    const sizes = { batch: 1, frames: 1, gridRows: 14, gridColumns: 14 };
    const plans = [
      planDecoder({ trunk: 197, columns: 1 }, greedy),
      planDecoder({ image: 197, text: 3 }, ["logits", ...names("present"), ...names("image")]),
      planGraph(vision, { outputs: ["features"], sizes, capacity: 0, layout, features }),
    ];
    for (const { dispatches, buffers } of plans) {
      expect(Math.max(...dispatches.map((dispatch) => dispatch.buffers.length))).toBeLessThanOrEqual(8);
      expect(Math.max(...dispatches.flatMap(({ groups }) => groups))).toBeLessThanOrEqual(65_535);
      expect(Math.max(...buffers.map((spec) => ("bytes" in spec ? spec.bytes : 0)))).toBeLessThanOrEqual(2 ** 27);
    }
  });

  test("temporaries share memory: 6 layers of prefill need 3.6 MB, not the sum of all values", () => {
    const plan = planDecoder({ image: 197, text: 3 }, ["logits", ...names("present"), ...names("image")]);
    expect(temporaryBytes(plan)).toBeLessThan(3.8e6);
    const all = plan.buffers.reduce((sum, spec) => sum + (spec.kind === "temporary" ? spec.bytes : 0), 0);
    expect(all).toBeGreaterThan(25e6);
  });
});

test("a tiny decode step: rows, keys and values go straight to where they are read", () => {
  const config = GitConfig.create({
    vocabSize: 11,
    hiddenSize: 8,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    intermediateSize: 16,
    maxPositionEmbeddings: 6,
    bosTokenId: 1,
    eosTokenId: 2,
    visionConfig: { hiddenSize: 6, numAttentionHeads: 2 },
  });
  const graph = decoderGraph(config);
  const layout = layOutWeights([graph], () => "float32");
  const sizes = { batch: 1, image: 0, trunk: 5, text: 1, wanted: 1, columns: 0, masked: 0, given: 0, candidates: 1 };
  const outputs = ["logits", "present.0.key", "present.0.value"];
  expect(growingStates(graph).map(({ input, axis, name }) => [input, axis, name])).toEqual([
    ["past.0.key", 2, "past"],
    ["past.0.value", 2, "past"],
  ]);
  expect(printPlan(planGraph(graph, { outputs, sizes, capacity: 32, layout, features }))).toMatchInlineSnapshot(`
    "plan decoder
      layerNorm of embedding + embedding [1, 1, 1] weight 8, inputIds, weight 9, positionIds, weight 10, weight 11 -> slot 0    # git.embeddings.LayerNorm
      gemv 1 rows f32 subgroups [3, 1, 1] slot 0, weight 1, bias 1 -> state past.0.key, state past.0.value, slot 1    # git.encoder.layer.0.attention.self.key
      attention rows of 4, 2 segments, mask [1, 2, 1] slot 1, trunk.0.key, state past.0.key, trunk.0.value, state past.0.value, mask -> slot 2    # git.encoder.layer.0.attention.self
      gemv 1 rows f32 subgroups [1, 1, 1] slot 2, weight 2, bias 2, slot 0 -> slot 1    # git.encoder.layer.0.attention.output.dense
      layerNorm of rows [1, 1, 1] slot 1, weight 12, weight 13 -> slot 2    # git.encoder.layer.0.attention.output.LayerNorm
      gemv 1 rows f32 subgroups [2, 1, 1] slot 2, weight 3, bias 3 -> slot 1    # git.encoder.layer.0.intermediate.dense
      gemv 1 rows f32 subgroups [1, 1, 1] slot 1, weight 4, bias 4, slot 2 -> slot 0    # git.encoder.layer.0.output.dense
      layerNorm of rows [1, 1, 1] slot 0, weight 14, weight 15 -> slot 2    # git.encoder.layer.0.output.LayerNorm
      gemv 1 rows f32 subgroups [2, 1, 1] slot 2, wanted, weight 5, bias 5 -> output 31    # output
      output logits = output 31 [1, 11]
      output present.0.key = state past.0.key [1, 2, 1 + past, 4]
      output present.0.value = state past.0.value [1, 2, 1 + past, 4]
      temporaries 32 + 64 + 32 bytes
    "
  `);
});

test("joined rows are written in place, a view of a view costs nothing", () => {
  const graph = buildGraph("views", (b) => {
    const x = b.input("x", "float32", ["n", 4]);
    const linear = (name: string) => b.op("linear", { x, weight: b.weight(name, [4, 4]) }, {});
    const joined = b.op("concat", { parts: [linear("a"), linear("b")] }, { axis: 0 });
    const [, second] = b.ops("split", { x: joined }, { axis: 0, sizes: ["n", "n"] });
    b.output("y", b.op("activation", { x: second ?? joined }, { function: "relu" }));
    b.output("joined", joined);
  });
  const layout = layOutWeights([graph], () => "float32");
  const plan = planGraph(graph, { outputs: ["y", "joined"], sizes: { n: 3 }, capacity: 0, layout, features });
  expect(plan.dispatches.map(({ kernel }) => kernel.name)).toEqual(["gemv 4 rows f32 subgroups", "activation"]);
});
