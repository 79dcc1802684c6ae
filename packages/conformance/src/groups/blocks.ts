// blocks: what models are made of. Attention on a tree of texts first, because everything above rests on it.
import { GitConfig, type PositionEmbeddingType } from "@glimpsejs/config";
import { float32, type HostTensor } from "@glimpsejs/graph";
import { decoderGraph, forwardGraph, visionGraph } from "@glimpsejs/model";
import { expectClose, expectOutputs } from "../expect-close.ts";
import { type Problem, problem, solve } from "../problem.ts";
import { Random } from "../random.ts";
import { randomProblem } from "../random-problem.ts";
import type { ConformanceTest, Context } from "../suite.ts";
import { never } from "./attention-problem.ts";
import { goldenTests } from "./golden-ops.ts";

/** The tests of blocks. */
export const blockTests: readonly ConformanceTest[] = [
  { name: "attention: three pictures with four leaves each equal twelve separate computations", run: leaves },
  ...goldenTests("blocks"),
  { name: "a vision transformer block equals the reference", run: (context) => compare(context, visionBlock()) },
  {
    name: "a decoder block equals the reference",
    run: (context) => compare(context, decoderBlock("absolute", false)),
  },
  {
    name: "a decoder block with relative positions equals the reference",
    run: (context) => compare(context, decoderBlock("relative_key_query", false)),
  },
  {
    name: "a decoder block with all its outputs equals the reference",
    run: (context) => compare(context, decoderBlock("relative_key", true)),
  },
];

/** Which of the text slots 0 … 8 each of the four leaves of one picture descends from, itself included. */
const ancestors: readonly (readonly number[])[] = [
  [0, 1, 4, 7],
  [0, 1, 5],
  [0, 2, 3, 6],
  [0, 8],
];

async function leaves({ backend, tolerances }: Context): Promise<void> {
  const random = new Random(7);
  const [b, s, heads, d, image, text] = [3, ancestors.length, 2, 4, 5, 9];
  const query = random.normal([b, s, heads * d]);
  const cache = {
    trunkKeys: random.normal([b, heads, image, d]),
    trunkValues: random.normal([b, heads, image, d]),
    textKeys: random.normal([b, heads, text, d]),
    textValues: random.normal([b, heads, text, d]),
  };
  const onePicture = ancestors.flatMap((slots) =>
    Array.from({ length: text }, (_, t) => (slots.includes(t) ? 0 : never)),
  );
  const mask = float32([...onePicture, ...onePicture, ...onePicture], [b, s, text]);
  const [together] = Object.values(await solve(backend, attention(query, cache, heads, mask)));
  for (let picture = 0; picture < b; picture++) {
    for (const [leaf, slots] of ancestors.entries()) {
      const own = {
        trunkKeys: pick(cache.trunkKeys, picture),
        trunkValues: pick(cache.trunkValues, picture),
        textKeys: pick(cache.textKeys, picture, slots),
        textValues: pick(cache.textValues, picture, slots),
      };
      const width = heads * d;
      const at = (picture * s + leaf) * width;
      const ownQuery = float32(query.data.slice(at, at + width), [1, 1, width]);
      const [alone] = Object.values(await solve(backend, attention(ownQuery, own, heads)));
      if (together?.dtype !== "float32" || alone === undefined) throw new Error("there is no context.");
      const part = float32(together.data.slice(at, at + width), [1, 1, width]);
      expectClose(part, alone, tolerances.float32, `picture ${picture}, leaf ${leaf}`);
    }
  }
}

type Cache = Readonly<Record<"trunkKeys" | "trunkValues" | "textKeys" | "textValues", HostTensor<"float32">>>;

function attention(
  query: HostTensor<"float32">,
  cache: Cache,
  heads: number,
  maskValue?: HostTensor<"float32">,
): Problem {
  return problem("leaves", (p) => {
    const keys = [p.feed("trunkKeys", cache.trunkKeys), p.feed("textKeys", cache.textKeys)];
    const values = [p.feed("trunkValues", cache.trunkValues), p.feed("textValues", cache.textValues)];
    const mask = maskValue && p.feed("mask", maskValue);
    p.results([p.b.op("attention", { query: p.feed("query", query), keys, values, mask }, { heads })]);
  });
}

/** One picture of [B, H, T, d], and of its T slots those listed. */
function pick(x: HostTensor<"float32">, picture: number, slots?: readonly number[]): HostTensor<"float32"> {
  const [, heads = 0, length = 0, d = 0] = x.shape;
  const rows = slots ?? Array.from({ length }, (_, t) => t);
  const data = Array.from({ length: heads }, (_, head) =>
    rows.map((t) => {
      const at = ((picture * heads + head) * length + t) * d;
      return [...x.data.subarray(at, at + d)];
    }),
  ).flat(2);
  return float32(data, [1, heads, rows.length, d]);
}

async function compare({ backend, oracle, tolerances }: Context, block: Problem): Promise<void> {
  expectOutputs(await solve(backend, block), await solve(oracle, block), tolerances);
}

/** A model of one layer each. */
function tinyConfig(positionEmbeddingType: PositionEmbeddingType): GitConfig {
  return GitConfig.create({
    vocabSize: 19,
    hiddenSize: 12,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    intermediateSize: 20,
    maxPositionEmbeddings: 16,
    positionEmbeddingType,
    bosTokenId: 1,
    eosTokenId: 2,
    visionConfig: {
      hiddenSize: 12,
      intermediateSize: 20,
      numHiddenLayers: 1,
      numAttentionHeads: 3,
      imageSize: 12,
      patchSize: 4,
    },
  });
}

function visionBlock(): Problem {
  const graph = visionGraph(tinyConfig("absolute"), { internals: true });
  return randomProblem(graph, { batch: 2, frames: 3, gridRows: 3, gridColumns: 2 }, {}, 8);
}

/** Image rows, cached and new text rows in one run; `all` also takes embeddings and returns what forward() can. */
function decoderBlock(positions: PositionEmbeddingType, all: boolean): Problem {
  const config = tinyConfig(positions);
  const graph = all ? forwardGraph(config, { head: true }) : decoderGraph(config);
  const choices = { columns: 2, masked: 3, given: 5, candidates: 4 };
  const sizes = { batch: 2, image: 3, trunk: 0, past: 2, text: 3, ids: 1, embeds: 2, wanted: 4, ...choices };
  const reach = config.maxPositionEmbeddings;
  const ranges = {
    inputIds: config.vocabSize,
    wanted: sizes.batch * sizes.text,
    chosen: sizes.wanted,
    masked: config.vocabSize,
    given: sizes.wanted * config.vocabSize,
    candidates: 1, // its size is all that counts
    positionIds: reach,
    imagePositions: reach,
    textPositions: reach,
    keyPositions: reach,
  };
  return randomProblem(graph, sizes, ranges, 9);
}
