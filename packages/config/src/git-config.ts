// config.json of a GIT checkpoint: the text decoder's shape and, nested, the image encoder's.
// Defaults: GitConfig and GitVisionConfig of transformers 5.18; position_embedding_type from 4.57, the last release that
// has it. Says nothing about weights or graphs.
import type { JsonValue } from "@glimpsejs/base";
import {
  among,
  flag,
  limits,
  mapped,
  nonNegative,
  nullable,
  optional,
  positive,
  probability,
  type Schema,
  test,
  text,
  tokenId,
  tokenIds,
  unlessNull,
  whole,
} from "./fields.ts";
import {
  type ConfigKind,
  type ConfigRecord,
  configKind,
  type Finding,
  isObject,
  type RecordDefinition,
} from "./record.ts";

/** Names of the activation functions, as in `hidden_act`. */
export const activations = ["gelu", "gelu_new", "quick_gelu", "relu", "selu", "silu"] as const;

/** Name of an activation function. */
export type Activation = (typeof activations)[number];

/** Kinds of text position embeddings, as in `position_embedding_type`. */
export const positionEmbeddingTypes = ["absolute", "relative_key", "relative_key_query"] as const;

/** Kind of text position embeddings. */
export type PositionEmbeddingType = (typeof positionEmbeddingTypes)[number];

/** The image encoder: a CLIP vision transformer. Reads and writes `vision_config`. */
export interface GitVisionConfig extends ConfigRecord {
  /** Width of the encoder; a multiple of numAttentionHeads. Default 768. */
  readonly hiddenSize: number;
  /** Width of the feed-forward layers. Default 3072. */
  readonly intermediateSize: number;
  /** Default 12. */
  readonly numHiddenLayers: number;
  /** Default 12. */
  readonly numAttentionHeads: number;
  /** Channels of a picture. Default 3, the only number that the image processor makes. */
  readonly numChannels: number;
  /** Side of the square pictures the positions were trained for, in pixels; a multiple of patchSize. Default 224. */
  readonly imageSize: number;
  /** Side of a patch, in pixels. Default 16. */
  readonly patchSize: number;
  /** Default "quick_gelu". */
  readonly hiddenAct: Activation;
  /** Added to the variance in layer norms. Default 1e-5. */
  readonly layerNormEps: number;
  /** Used in training only. Default 0. */
  readonly attentionDropout: number;
  /** Standard deviation of fresh weights. Default 0.02. */
  readonly initializerRange: number;
  /** Whether forward() of the encoder alone returns attentions unless told otherwise. Default false. */
  readonly outputAttentions: boolean;
  /** Whether forward() of the encoder alone returns hidden states unless told otherwise. Default false. */
  readonly outputHiddenStates: boolean;
}

/** The whole model. Reads and writes config.json. */
export interface GitConfig extends ConfigRecord {
  /** The image encoder. */
  readonly visionConfig: GitVisionConfig;
  /** Tokens in the vocabulary. Default 30522, BERT's. */
  readonly vocabSize: number;
  /** Width of the decoder; a multiple of numAttentionHeads. Default 768. */
  readonly hiddenSize: number;
  /** Default 6. */
  readonly numHiddenLayers: number;
  /** Default 12. */
  readonly numAttentionHeads: number;
  /** Width of the feed-forward layers. Default 3072. */
  readonly intermediateSize: number;
  /** Default "gelu". */
  readonly hiddenAct: Activation;
  /** Used in training only. Default 0.1. */
  readonly hiddenDropoutProb: number;
  /** Used in training only. Default 0.1. */
  readonly attentionProbsDropoutProb: number;
  /** Longest text in tokens, the image not counted. Default 1024. */
  readonly maxPositionEmbeddings: number;
  /** Standard deviation of fresh weights. Default 0.02. */
  readonly initializerRange: number;
  /** Added to the variance in layer norms. Default 1e-12. */
  readonly layerNormEps: number;
  /** Default 0. */
  readonly padTokenId: number | null;
  /** Default 101, [CLS]. */
  readonly bosTokenId: number | null;
  /** The token or tokens that end a text. Default 102, [SEP]. */
  readonly eosTokenId: number | readonly number[] | null;
  /** Default "absolute". */
  readonly positionEmbeddingType: PositionEmbeddingType;
  /** Whether generation keeps keys and values. Default true. */
  readonly useCache: boolean;
  /** Whether the head uses the word embeddings as its weight. Default false. */
  readonly tieWordEmbeddings: boolean;
  /** Temporal embeddings, that is the most frames of a clip; null for models of still pictures. Default null. */
  readonly numImageWithEmbedding: number | null;
  /** Whether forward() returns attentions unless told otherwise. Default false. */
  readonly outputAttentions: boolean;
  /** Whether forward() returns hidden states unless told otherwise. Default false. */
  readonly outputHiddenStates: boolean;
  /** Attention heads that were removed from layers of the decoder, by layer ("0", "1", …). Default none. */
  readonly prunedHeads: Readonly<Record<string, readonly number[]>>;
  /** The dtype the checkpoint was saved in, such as "float32"; `torch_dtype` of older files. Default null, unknown. */
  readonly dtype: string | null;
}

// Other names that transformers has for the very same functions. Files may use them; configs hold the name on the right.
const sameActivation = { gelu_python: "gelu", gelu_pytorch_tanh: "gelu_new", swish: "silu" } as const;

const activation: Schema<Activation> = mapped(
  among<Activation | keyof typeof sameActivation>(
    [...activations, "gelu_python", "gelu_pytorch_tanh", "swish"],
    `one of ${activations.join(", ")}`,
  ),
  (name) => sameActivation[name as keyof typeof sameActivation] ?? name,
);

/** Head numbers by layer number, as transformers writes `pruned_heads`. */
const headLists: Schema<Readonly<Record<string, readonly number[]>>> = test(
  (x) =>
    typeof x === "object" &&
    x !== null &&
    !Array.isArray(x) &&
    Object.entries(x).every(([layer, heads]) => /^\d+$/.test(layer) && Array.isArray(heads) && heads.every(isHead)),
  "lists of head numbers by layer number",
);

function isHead(x: unknown): boolean {
  return typeof x === "number" && Number.isInteger(x) && x >= 0;
}

const visionDefinition: RecordDefinition<GitVisionConfig> = {
  constants: { model_type: "git_vision_model" },
  fields: {
    hiddenSize: optional(whole(1, limits.width), 768),
    intermediateSize: optional(whole(1, limits.feedForward), 3072),
    numHiddenLayers: optional(whole(1, limits.layers), 12),
    numAttentionHeads: optional(whole(1, limits.width), 12),
    numChannels: optional(whole(1, limits.channels), 3),
    imageSize: optional(whole(1, limits.side), 224),
    patchSize: optional(whole(1, limits.side), 16),
    hiddenAct: optional(activation, "quick_gelu"),
    layerNormEps: optional(positive, 1e-5),
    attentionDropout: optional(probability, 0),
    initializerRange: optional(nonNegative, 0.02),
    outputAttentions: unlessNull(flag, false),
    outputHiddenStates: unlessNull(flag, false),
  },
  check: ({ hiddenSize, numAttentionHeads, imageSize, patchSize }) => [
    ...multiple("hiddenSize", "it cannot be shared out evenly to the attention heads", hiddenSize, numAttentionHeads),
    ...multiple("imageSize", "it is no whole number of patches", imageSize, patchSize),
  ],
};

const definition: RecordDefinition<GitConfig> = {
  constants: { model_type: "git" },
  fields: {
    visionConfig: visionDefinition,
    vocabSize: optional(whole(1, limits.vocabulary), 30522),
    hiddenSize: optional(whole(1, limits.width), 768),
    numHiddenLayers: optional(whole(1, limits.layers), 6),
    numAttentionHeads: optional(whole(1, limits.width), 12),
    intermediateSize: optional(whole(1, limits.feedForward), 3072),
    hiddenAct: optional(activation, "gelu"),
    hiddenDropoutProb: optional(probability, 0.1),
    attentionProbsDropoutProb: optional(probability, 0.1),
    maxPositionEmbeddings: optional(whole(1, limits.positions), 1024),
    initializerRange: optional(nonNegative, 0.02),
    layerNormEps: optional(positive, 1e-12),
    padTokenId: optional(nullable(tokenId), 0),
    bosTokenId: optional(nullable(tokenId), 101),
    eosTokenId: optional(nullable(tokenIds), 102),
    positionEmbeddingType: optional(among(positionEmbeddingTypes), "absolute"),
    useCache: optional(flag, true),
    tieWordEmbeddings: optional(flag, false),
    numImageWithEmbedding: optional(nullable(whole(1, limits.frames)), null),
    outputAttentions: unlessNull(flag, false),
    outputHiddenStates: unlessNull(flag, false),
    prunedHeads: optional(headLists, {}),
    dtype: optional(nullable(text), null),
  },
  check: ({
    hiddenSize,
    numHiddenLayers,
    numAttentionHeads,
    vocabSize,
    padTokenId,
    bosTokenId,
    eosTokenId,
    prunedHeads,
  }) => [
    ...multiple("hiddenSize", "it cannot be shared out evenly to the attention heads", hiddenSize, numAttentionHeads),
    ...inVocabulary("padTokenId", padTokenId, vocabSize),
    ...inVocabulary("bosTokenId", bosTokenId, vocabSize),
    ...inVocabulary("eosTokenId", eosTokenId, vocabSize),
    ...headsThatExist(prunedHeads, numHiddenLayers, numAttentionHeads),
  ],
};

/** Makes, reads and writes configs of the image encoder, as {@link ConfigKind} says. */
export const GitVisionConfig: ConfigKind<GitVisionConfig> = configKind(
  "GitVisionConfig",
  "config.json",
  visionDefinition,
);

const kind = configKind("GitConfig", "config.json", definition);

/**
 * Makes, reads and writes model configs. Besides what {@link ConfigKind} says: `fromJson` reads `torch_dtype` where
 * `dtype` is missing, as transformers does, and `toJson` writes `dtype` only.
 */
export const GitConfig: ConfigKind<GitConfig> = {
  ...kind,
  fromJson: (json, subject) => kind.fromJson(withDtype(json), subject),
};

function withDtype(json: JsonValue): JsonValue {
  if (!isObject(json)) return json;
  const { torch_dtype = null, ...rest } = json;
  return { ...rest, dtype: rest["dtype"] ?? torch_dtype };
}

function multiple(field: string, problem: string, value: number | undefined, of: number | undefined): Finding[] {
  if (value === undefined || of === undefined || value % of === 0) return [];
  return [{ path: [field], problem, expected: `a multiple of ${of}`, got: String(value) }];
}

function headsThatExist(
  pruned: GitConfig["prunedHeads"] | undefined,
  layers: number | undefined,
  heads: number | undefined,
): Finding[] {
  if (pruned === undefined || layers === undefined || heads === undefined) return [];
  return Object.entries(pruned).flatMap(([layer, removed]) => {
    const path = ["prunedHeads"];
    if (Number(layer) >= layers)
      return [{ path, problem: `there is no layer ${layer}`, expected: `0 to ${layers - 1}` }];
    if (removed.some((h) => h >= heads))
      return [{ path, problem: `layer ${layer} has no such head`, expected: `0 to ${heads - 1}` }];
    return new Set(removed).size < heads ? [] : [{ path, problem: `layer ${layer} has no head left` }];
  });
}

function inVocabulary(
  field: string,
  ids: GitConfig["eosTokenId"] | undefined,
  vocabSize: number | undefined,
): Finding[] {
  if (vocabSize === undefined) return [];
  return [ids ?? []]
    .flat()
    .filter((id) => id >= vocabSize)
    .map((id) => ({
      path: [field],
      problem: "the vocabulary has no such token",
      expected: `0 to ${vocabSize - 1}`,
      got: String(id),
    }));
}
