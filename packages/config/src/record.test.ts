// Properties that hold for every config of the package.
import { GlimpseError, type JsonValue } from "@glimpsejs/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GenerationConfig } from "./generation-config.ts";
import { GitConfig, GitVisionConfig } from "./git-config.ts";
import { ImageProcessorConfig } from "./image-processor-config.ts";
import { presetConfig, presetNames } from "./presets.ts";
import type { ConfigInit, ConfigKind, JsonObject } from "./record.ts";
import { TokenizerConfig } from "./tokenizer-config.ts";

const run = { seed: 3, numRuns: 400 };

const anyJson = fc.json({ maxDepth: 3 }).map((text): JsonValue => JSON.parse(text));

/** What is the same for each kind of config; `full` is a config that sets many of its fields. */
function properties<T>(kind: ConfigKind<T>, full: T, arbitraryInit: fc.Arbitrary<ConfigInit<T>>) {
  const file = Object.entries(kind.toJson(full));
  const keys = [...file.map(([key]) => key), "image_processor", "torch_dtype", "__proto__"];
  const value = fc.oneof(anyJson, fc.constantFrom<JsonValue>(-1, 0.5, 1, 7, 1e9, null, true, "", "gelu", [], [1], {}));
  const changedFile = fc
    .dictionary(fc.constantFrom(...keys), value)
    .map((changes): JsonValue => Object.fromEntries([...file, ...Object.entries(changes)]));

  test("B15: any JSON is read or refused with a GlimpseError", () => {
    const outcomes = { read: 0, refused: 0 };
    const check = (json: JsonValue) => {
      try {
        const config = kind.fromJson(json);
        expect(kind.fromJson(kind.toJson(config))).toEqual(config);
        outcomes.read++;
      } catch (error) {
        if (!GlimpseError.isInstance(error, "invalid-config")) throw error;
        expect(error.problems.filter(({ subject }) => !subject.includes("config.json"))).toEqual([]);
        outcomes.refused++;
      }
    };
    fc.assert(fc.property(fc.oneof(anyJson, changedFile), check), run);
    expect(outcomes.read).toBeGreaterThan(5);
    expect(outcomes.refused).toBeGreaterThan(5);
  });

  test("create, toJson, fromJson is the identity", () => {
    const name = fc.string().map((key) => `x-${key}`);
    const arbitraryExtra = fc.dictionary(name, anyJson);
    const check = (init: ConfigInit<T>, extra: JsonObject) => {
      const config = kind.create({ ...init, extra });
      const text = JSON.stringify(kind.toJson(config));
      expect(kind.fromJson(JSON.parse(text))).toEqual(config);
    };
    fc.assert(fc.property(arbitraryInit, arbitraryExtra, check), run);
  });
}

const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] });
const fraction = fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs);
const above0 = fc.double({ min: 1e-30, max: 1e30, noNaN: true });
const side = fc.integer({ min: 1, max: 16384 });
const id = fc.integer({ min: 0, max: 1000 });

const vision = some({
  numAttentionHeads: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 16), // all divide 768, and 12 divides what follows
  hiddenSize: fc.integer({ min: 1, max: 100 }).map((n) => 48 * n),
  patchSize: fc.constantFrom(1, 2, 4, 8, 16, 32), // all divide 224, and 16 divides what follows
  imageSize: fc.integer({ min: 1, max: 100 }).map((n) => 32 * n),
  layerNormEps: above0,
  attentionDropout: fraction,
});

describe("GitVisionConfig", () => properties(GitVisionConfig, GitVisionConfig.create(), vision));

describe("GitConfig", () =>
  properties(
    GitConfig,
    GitConfig.create(),
    some({
      visionConfig: vision,
      vocabSize: fc.integer({ min: 1001, max: 60000 }),
      padTokenId: fc.option(id),
      eosTokenId: fc.oneof(id, fc.array(id, { minLength: 1 }), fc.constant(null)),
      hiddenAct: fc.constantFrom("gelu", "relu", "selu", "silu", "gelu_new", "quick_gelu"),
      positionEmbeddingType: fc.constantFrom("absolute", "relative_key", "relative_key_query"),
      numImageWithEmbedding: fc.option(fc.integer({ min: 1, max: 64 })),
      dtype: fc.option(fc.constantFrom("float32", "float16")),
      outputAttentions: fc.boolean(),
    }),
  ));

describe("ImageProcessorConfig", () =>
  properties(
    ImageProcessorConfig,
    ImageProcessorConfig.create(),
    some({
      imageProcessorType: fc.constantFrom("CLIPImageProcessor", "CLIPImageProcessorFast", "VideoMAEImageProcessor"),
      size: fc.oneof(fc.record({ shortestEdge: side }), fc.record({ height: side, width: side })),
      cropSize: fc.record({ height: side, width: side }),
      resample: fc.constantFrom(0, 1, 2, 3, 4, 5),
      doResize: fc.boolean(),
      rescaleFactor: above0,
      imageMean: fc.tuple(fraction, fraction, fraction),
      imageStd: fc.tuple(above0, above0, above0),
    }),
  ));

describe("GenerationConfig", () =>
  properties(
    GenerationConfig,
    GenerationConfig.create({ numBeams: 4, doSample: true, topP: 0.5, eosTokenId: 102, badWordsIds: [[1]] }),
    some({
      maxLength: fc.option(fc.integer({ min: 1, max: 1024 })),
      numBeams: fc.integer({ min: 1, max: 1024 }),
      earlyStopping: fc.constantFrom(true, false, "never" as const, null),
      temperature: fc.option(above0),
      topP: fraction,
      badWordsIds: fc.array(fc.array(id, { minLength: 1 }), { minLength: 1 }),
      stopStrings: fc.array(fc.string({ minLength: 1 }), { minLength: 1 }),
      exponentialDecayLengthPenalty: fc.tuple(id, above0),
    }),
  ));

describe("TokenizerConfig", () =>
  properties(
    TokenizerConfig,
    TokenizerConfig.create(),
    some({
      doLowerCase: fc.boolean(),
      stripAccents: fc.option(fc.boolean()),
      unkToken: fc.string({ minLength: 1 }),
      modelMaxLength: fc.integer({ min: 1 }),
      paddingSide: fc.constantFrom("left", "right"),
    }),
  ));

test.each(presetNames)("the preset %s survives a file", (name) => {
  const config = presetConfig(name);
  expect(GitConfig.fromJson(JSON.parse(JSON.stringify(GitConfig.toJson(config))))).toEqual(config);
});
