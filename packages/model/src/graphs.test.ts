// The graphs as text and as legal graphs; their numbers are compared with the reference in packages/core.
import { GitConfig } from "@glimpsejs/config";
import { print, verify } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { decoderGraph, forwardGraph, visionGraph } from "./index.ts";

const tiny = GitConfig.create({
  vocabSize: 11,
  hiddenSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  intermediateSize: 16,
  maxPositionEmbeddings: 6,
  bosTokenId: 1,
  eosTokenId: 2,
  visionConfig: {
    imageSize: 8,
    patchSize: 4,
    hiddenSize: 6,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    intermediateSize: 12,
  },
});

describe("graphs", () => {
  test.each([
    ["absolute", tiny],
    ["relative_key", GitConfig.create({ ...tiny, positionEmbeddingType: "relative_key" })],
    ["relative_key_query", GitConfig.create({ ...tiny, positionEmbeddingType: "relative_key_query" })],
    ["tied", GitConfig.create({ ...tiny, tieWordEmbeddings: true })],
    ["pruned", GitConfig.create({ ...tiny, prunedHeads: { 0: [1] } })],
    ["published git-base", GitConfig.create()],
  ])("every graph of a model with %s is legal", (_, config) => {
    for (const graph of [
      visionGraph(config),
      visionGraph(config, { internals: true }),
      decoderGraph(config),
      forwardGraph(config, { head: true }),
      forwardGraph(config, { head: false }),
    ]) {
      expect(() => verify(graph)).not.toThrow();
    }
  });

  test("the decoder carries its cache and drops the image rows of its last layer", () => {
    const graph = decoderGraph(tiny);
    expect(graph.carries).toEqual({ "past.0.key": "present.0.key", "past.0.value": "present.0.value" });
    expect(print(graph)).toMatchSnapshot();
  });

  test("the image encoder", () => {
    expect(print(visionGraph(tiny))).toMatchSnapshot();
  });
});
