// A tree of text tokens on a trunk, and its KV cache. The cache is append-only: every run takes the next slots of
// each picture, the mask says which slots are a token's ancestors, positions are explicit. So greedy rows, beams,
// returned sequences and questions about one picture are all leaves of one tree, and no key or value is ever moved.
// Slots of finished branches stay until dispose(): a tree lives as long as one call (or one chain of
// pastKeyValues), and a slot costs 2·L·D floats.
import type { DeviceTensor, Feeds } from "@glimpsejs/backend";
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { float32, type HostTensor, int32 } from "@glimpsejs/graph";
import { type Choice, choiceFeeds } from "./choice-feeds.ts";
import type { Engine } from "./engine.ts";
import { ancestorMask, type NewToken, type Placement, placeTokens, type TreeNode } from "./tree-layout.ts";
import type { Trunk, TrunkCache } from "./trunk.ts";

/** Tokens to be added to a tree, and what is wanted of the logits after them. */
export interface GrowRequest<O extends string> {
  readonly tokens: readonly NewToken[];
  /** The tokens' ids; or what an earlier run chose for them, int32 [batch, width], not yet read. It stays the caller's. */
  readonly ids: readonly number[] | DeviceTensor;
  /** Indices of the tokens that logits are wanted after; a row of logits for each. */
  readonly wanted: readonly number[];
  /** What is to be chosen from the rows; without it nothing is. */
  readonly choice?: Choice | undefined;
  /** Outputs of the decoder besides the cache's. */
  readonly outputs: readonly O[];
}

/** What became of a {@link GrowRequest}. */
export interface Grown<O extends string> {
  /** The nodes of the tokens, in their order. */
  readonly nodes: readonly TreeNode[];
  /** For each row of logits, which of the batch · columns choices is its own. */
  readonly cells: readonly number[];
  /** Not yet read; the caller disposes them. */
  readonly outputs: Readonly<Record<O, DeviceTensor>>;
}

/** The text of one or more pictures while it grows. Owns the cache, not the trunk. */
export class TokenTree {
  readonly trunk: Trunk;
  private readonly engine: Engine;
  private readonly decoder: "decoder" | "draft";
  private cache: Readonly<Record<string, DeviceTensor>> | undefined;
  /** Position of the token in each slot, a row per picture. */
  private readonly slotPositions: number[][];
  private used = 0;
  private disposed = false;

  /**
   * `decoder` is the graph that grow() runs; a draft's needs a trunk that the decoder itself has learnt. Throws
   * "invalid-argument" for a trunk that another engine encoded.
   */
  constructor(engine: Engine, trunk: Trunk, decoder: "decoder" | "draft" = "decoder") {
    if (!trunk.isOf(engine)) {
      throw new GlimpseError(
        {
          subject: "trunk",
          problem: "it is of another model, or of this one before its weights were changed",
          advice: "Encode the picture again.",
        },
        { code: "invalid-argument" },
      );
    }
    this.engine = engine;
    this.trunk = trunk;
    this.decoder = decoder;
    this.slotPositions = Array.from({ length: trunk.batch }, () => []);
  }

  /** Tokens that the model knows, V. */
  get vocabSize(): number {
    return this.engine.config.vocabSize;
  }

  /** Adds tokens. One decoder run, together with the image tokens if the trunk is still new. */
  async grow<O extends string>({ tokens, ids, wanted, choice, outputs }: GrowRequest<O>): Promise<Grown<O>> {
    const { batch } = this.trunk;
    const placement = placeTokens(tokens, batch, this.used);
    const { nodes, rows } = placement;
    const pictures = wanted.map((i) => nodes[i]?.picture ?? 0);
    const { feeds, cells } = choiceFeeds(pictures, batch, this.engine.config.vocabSize, choice);
    const wantedRows = wanted.map((i) => rows[i] ?? 0);
    const results = await this.run(
      this.decoder,
      placement,
      {
        ...feeds,
        inputIds: "read" in ids ? ids : hostIds(ids, placement, batch),
        wanted: int32(wantedRows, [wanted.length]),
      },
      outputs,
    );
    return { nodes, cells, outputs: results };
  }

  /** Adds tokens through the graph that computes every row; `feeds` are its inputs that a tree does not know of. */
  async forward<O extends string>(
    tokens: readonly NewToken[],
    feeds: Feeds,
    outputs: readonly O[],
  ): Promise<{ readonly nodes: readonly TreeNode[]; readonly outputs: Readonly<Record<O, DeviceTensor>> }> {
    const placement = placeTokens(tokens, this.trunk.batch, this.used);
    const results = await this.run("forward", placement, feeds, outputs);
    return { nodes: placement.nodes, outputs: results };
  }

  /** Frees the cache; the trunk stays its owner's. Safe to call twice; later use throws DisposedError. */
  dispose(): void {
    this.disposed = true;
    for (const tensor of Object.values(this.cache ?? {})) tensor.dispose();
    this.cache = undefined;
  }

  /** One decoder run: feeds what tree and trunk hold, and keeps what they need of the results. */
  private async run<O extends string>(
    graph: "decoder" | "draft" | "forward",
    placement: Placement,
    feeds: Feeds,
    outputs: readonly O[],
  ): Promise<Readonly<Record<O, DeviceTensor>>> {
    if (this.disposed) throw new DisposedError("token tree");
    const { engine, trunk } = this;
    const isTextOnly = graph === "draft" || (graph === "decoder" && engine.separatesTrunk);
    if (isTextOnly || (graph === "decoder" && trunk.batch > 1 && engine.computesInPieces)) await trunk.learn();
    const features = trunk.pendingFeatures;
    const learnsTrunk = features !== undefined && trunk.imageTokens > 0;
    const past = engine.cacheNames("past");
    const all: Feeds = {
      ...(!isTextOnly && {
        imageFeatures: features ?? float32([], [trunk.batch, 0, engine.config.visionConfig.hiddenSize]),
      }),
      ...(trunk.settledCache ?? engine.emptyCache("trunk", trunk.batch)),
      ...(this.cache ?? engine.emptyCache("past", trunk.batch)),
      ...this.textFeeds(placement, isTextOnly ? undefined : learnsTrunk),
      ...feeds,
    };
    const present = engine.cacheNames("present");
    const image = learnsTrunk ? engine.cacheNames("image") : [];
    let results: Readonly<Record<string, DeviceTensor>>;
    try {
      results = await engine.run(graph, all, [...outputs, ...present, ...image]);
    } catch (error) {
      this.dispose(); // the failed run may have consumed the cache, so the tree cannot go on
      throw error;
    }
    const take = (name: string): DeviceTensor => {
      const tensor = results[name];
      if (tensor === undefined) throw new TypeError(`backend: the output "${name}" is missing.`);
      return tensor;
    };
    this.cache = named(past, (_, i) => take(present[i] ?? ""));
    if (learnsTrunk) {
      trunk.settle(named(engine.cacheNames("trunk"), (_, i) => take(image[i] ?? "")) satisfies TrunkCache);
    }
    this.used += placement.width;
    return named(outputs, take);
  }

  /**
   * Positions and mask and, for relative positions, where everything stands in [image; text] order; `withImage` says
   * whether image rows are computed too, and is undefined for a graph that has none.
   */
  private textFeeds(placement: Placement, withImage: boolean | undefined): Feeds {
    const { batch, imageTokens } = this.trunk;
    const { nodes, rows, width } = placement;
    const positions = new Int32Array(batch * width);
    for (const [i, node] of nodes.entries()) positions[rows[i] ?? 0] = node.position;
    for (const [picture, slots] of this.slotPositions.entries()) {
      slots.push(...positions.subarray(picture * width, (picture + 1) * width));
    }
    const feeds = {
      positionIds: int32(positions, [batch, width]),
      mask: float32(ancestorMask(placement, batch, this.used), [batch, width, this.used + width]),
    };
    if (this.engine.config.positionEmbeddingType === "absolute") return feeds;
    const image = Array.from({ length: imageTokens }, (_, i) => i);
    const keys = this.slotPositions.flatMap((slots) => [...image, ...slots.map((position) => imageTokens + position)]);
    const newImage = withImage ? this.slotPositions.flatMap(() => image) : [];
    return {
      ...feeds,
      ...(withImage !== undefined && { imagePositions: int32(newImage, [batch, newImage.length / batch]) }),
      textPositions: int32(
        positions.map((position) => imageTokens + position),
        [batch, width],
      ),
      keyPositions: int32(keys, [batch, keys.length / batch]),
    };
  }
}

/** ids as the decoder takes them, int32 [batch, width]; 0 in dead slots. */
function hostIds(ids: readonly number[], { rows, width }: Placement, batch: number): HostTensor<"int32"> {
  const inputIds = new Int32Array(batch * width);
  for (const [i, id] of ids.entries()) inputIds[rows[i] ?? 0] = id;
  return int32(inputIds, [batch, width]);
}

function named<K extends string, T>(names: readonly K[], value: (name: K, i: number) => T): Readonly<Record<K, T>> {
  const all: Partial<Record<K, T>> = {};
  for (const [i, name] of names.entries()) all[name] = value(name, i);
  return all as Record<K, T>; // it has each of the names
}
