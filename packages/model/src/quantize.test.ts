// The pass and the source of quantized weights; what rounding does to a model is measured in packages/core.
import { GitConfig } from "@glimpsejs/config";
import { dequantize, type Graph, print, verify, viewAs, type WeightSource } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { decoderGraph, forwardGraph, visionGraph } from "./index.ts";
import { planQuantization } from "./quantization-plan.ts";
import { quantizedWeights, quantizeGraph } from "./quantize.ts";

const options = {
  vocabSize: 11,
  hiddenSize: 64,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 24,
  maxPositionEmbeddings: 6,
  bosTokenId: 1,
  eosTokenId: 2,
  visionConfig: { imageSize: 8, patchSize: 4, hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2 },
} as const;
const config = GitConfig.create(options);
const graphsOf = (of: GitConfig): readonly Graph[] => [
  visionGraph(of),
  visionGraph(of, { internals: true }),
  decoderGraph(of),
  forwardGraph(of, { head: true }),
];

describe("quantizeGraph", () => {
  test.each(["int8", "int4"] as const)("%s: every graph stays legal, and has no linear layer left", (dtype) => {
    const graphs = graphsOf(config);
    const plan = planQuantization(graphs, dtype);
    for (const graph of graphs) {
      const quantized = quantizeGraph(graph, plan);
      expect(() => verify(quantized)).not.toThrow();
      expect(quantized.nodes.filter(({ op }) => op === "linear")).toEqual([]);
      expect(Object.keys(quantized.weights).filter((name) => plan.has(name))).toEqual([]);
      expect(quantized.outputs).toEqual(graph.outputs);
    }
  });

  test("4 bits come in blocks that divide a row, and 8 bits take their place where none does", () => {
    const plan = planQuantization(graphsOf(config), "int4");
    const prefix = "git.encoder.layer.0";
    expect(plan.get(`${prefix}.intermediate.dense.weight`)).toEqual({ bits: 4, block: 64 });
    expect(plan.get("git.visual_projection.visual_projection.0.weight")).toEqual({ bits: 4, block: 16 });
    expect(plan.get(`${prefix}.output.dense.weight`)).toEqual({ bits: 8, block: 24 });
    const wide = planQuantization(graphsOf(GitConfig.create({ ...options, intermediateSize: 384 })), "int4");
    expect(wide.get(`${prefix}.output.dense.weight`)).toEqual({ bits: 4, block: 128 });
  });

  test("floats need no plan, and without one a graph stays what it is", () => {
    const graphs = graphsOf(config);
    for (const dtype of ["fp32", "fp16"] as const) expect(planQuantization(graphs, dtype).size).toBe(0);
    const [graph] = graphs;
    if (graph !== undefined) expect(print(quantizeGraph(graph, new Map()))).toBe(print(graph));
  });

  test("a tied word table is quantized for the head and stays for the rows that are picked", () => {
    const tied = GitConfig.create({ ...options, tieWordEmbeddings: true });
    const graph = decoderGraph(tied);
    const quantized = quantizeGraph(graph, planQuantization([graph], "int8"));
    const table = "git.embeddings.word_embeddings.weight";
    expect(Object.keys(quantized.weights).filter((name) => name.startsWith(table))).toEqual([
      table,
      `${table}.int8`,
      `${table}.scales`,
    ]);
  });
});

describe("quantizedWeights", () => {
  const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * i));
  const bytes = new Uint8Array(values.buffer);

  function watched(): { readonly source: WeightSource; readonly reads: string[] } {
    const reads: string[] = [];
    const source: WeightSource = {
      names: ["w", "bias"],
      get: (name) =>
        name === "w" || name === "bias"
          ? {
              dtype: "float32",
              shape: [2, 32],
              byteLength: 256,
              async bytes() {
                reads.push(name);
                return bytes;
              },
            }
          : undefined,
    };
    return { source, reads };
  }

  test("names what is stored, reads nothing before it is asked for, and a weight once for both its parts", async () => {
    const { source, reads } = watched();
    const quantized = quantizedWeights(source, new Map([["w", { bits: 8, block: 32 } as const]]));
    expect(quantized.names).toEqual(["bias", "w.int8", "w.scales"]);
    const [weight, scales] = [quantized.get("w.int8"), quantized.get("w.scales")];
    expect(weight).toMatchObject({ dtype: "int8", shape: [2, 32], byteLength: 64 });
    expect(scales).toMatchObject({ dtype: "float32", shape: [2, 1], byteLength: 8 });
    expect(reads).toEqual([]);
    const data = viewAs((await weight?.bytes()) ?? bytes, "int8");
    const back = dequantize(
      { data, scales: viewAs((await scales?.bytes()) ?? bytes, "float32") },
      { bits: 8, block: 32 },
    );
    expect(reads).toEqual(["w"]);
    for (const [i, value] of back.entries()) expect(Math.abs(value - (values[i] ?? 0))).toBeLessThanOrEqual(0.5 / 127);
  });

  test("the scales may be asked for first, and alone", async () => {
    const { source } = watched();
    const quantized = quantizedWeights(source, new Map([["w", { bits: 4, block: 16 } as const]]), new Set(["w"]));
    expect(quantized.names).toEqual(["w", "bias", "w.int4", "w.scales"]);
    expect(viewAs((await quantized.get("w.scales")?.bytes()) ?? bytes, "float32")).toHaveLength(4);
    expect(quantized.get("w")?.dtype).toBe("float32");
  });
});
