// config.json against the reference's defaults and cases, and against what it must refuse.
import { readdirSync, readFileSync } from "node:fs";
import { GlimpseError, parseJson } from "@glimpsejs/base";
import { describe, expect, test } from "vitest";
import { GitConfig, GitVisionConfig } from "./git-config.ts";
import type { JsonObject } from "./record.ts";

const cases = new URL("../../../fixtures/reference/cases/", import.meta.url);

/** The message of the GlimpseError "invalid-config" that `run` throws. */
function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(GlimpseError.isInstance(error, "invalid-config")).toBe(true);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it did not throw");
}

describe("defaults", () => {
  // transformers 5.18: GitConfig().to_dict(), the documented fields; position_embedding_type of 4.57
  test("are those of the reference", () => {
    expect(GitConfig.toJson(GitConfig.create())).toEqual({
      model_type: "git",
      vision_config: {
        model_type: "git_vision_model",
        hidden_size: 768,
        intermediate_size: 3072,
        num_hidden_layers: 12,
        num_attention_heads: 12,
        num_channels: 3,
        image_size: 224,
        patch_size: 16,
        hidden_act: "quick_gelu",
        layer_norm_eps: 1e-5,
        attention_dropout: 0,
        initializer_range: 0.02,
        output_attentions: false,
        output_hidden_states: false,
      },
      vocab_size: 30522,
      hidden_size: 768,
      num_hidden_layers: 6,
      num_attention_heads: 12,
      intermediate_size: 3072,
      hidden_act: "gelu",
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.1,
      max_position_embeddings: 1024,
      initializer_range: 0.02,
      layer_norm_eps: 1e-12,
      pad_token_id: 0,
      bos_token_id: 101,
      eos_token_id: 102,
      position_embedding_type: "absolute",
      pruned_heads: {},
      use_cache: true,
      tie_word_embeddings: false,
      num_image_with_embedding: null,
      output_attentions: false,
      output_hidden_states: false,
      dtype: null,
    });
  });

  test("fill in what options and files leave out, nested too", () => {
    const config = GitConfig.create({ hiddenSize: 96, visionConfig: { imageSize: 480 }, eosTokenId: undefined });
    expect(config.hiddenSize).toBe(96);
    expect(config.eosTokenId).toBe(102);
    expect(config.visionConfig).toEqual(GitVisionConfig.create({ imageSize: 480 }));
    expect(GitConfig.fromJson({ hidden_size: 96, vision_config: { image_size: 480 } })).toEqual(config);
    expect(GitConfig.fromJson({ vision_config: null })).toEqual(GitConfig.create());
  });
});

describe("files", () => {
  test.each(readdirSync(cases))("%s/config.json keeps every field through a round trip", (name) => {
    const file = parseJson(readFileSync(new URL(`${name}/config.json`, cases)), "config.json") as JsonObject;
    const written = GitConfig.toJson(GitConfig.fromJson(file));
    const { position_embedding_type: type = "absolute", pruned_heads: pruned = {} } = file;
    expect(written).toEqual({ ...file, position_embedding_type: type, pruned_heads: pruned });
    expect(Object.keys(written)).toEqual(Object.keys(written).toSorted());
  });

  test("unknown fields are kept as they are, whatever their names", () => {
    const json = JSON.parse(
      '{"return_dict":true,"hiddenSize":5,"extra":{"a":1},"__proto__":{"x":null},"constructor":1}',
    );
    const { extra } = GitConfig.fromJson(json);
    expect(JSON.stringify(extra)).toBe(JSON.stringify(json));
    expect(JSON.parse(JSON.stringify(GitConfig.toJson(GitConfig.fromJson(json))))).toMatchObject(json);
    expect(Object.getPrototypeOf(extra)).toBe(Object.prototype);
  });

  test("pruned heads must exist, and a layer keeps at least one", () => {
    expect(GitConfig.fromJson({ pruned_heads: { 0: [1, 2] } }).prunedHeads).toEqual({ 0: [1, 2] });
    const wrong = { num_hidden_layers: 2, num_attention_heads: 2, hidden_size: 4, pruned_heads: { 0: [0, 1] } };
    expect(() => GitConfig.fromJson(wrong)).toThrow(/pruned_heads: layer 0 has no head left/);
    expect(() => GitConfig.fromJson({ ...wrong, pruned_heads: { 0: [2] } })).toThrow(
      /layer 0 has no such head, expected 0 to 1/,
    );
    expect(() => GitConfig.fromJson({ ...wrong, pruned_heads: { 2: [0] } })).toThrow(
      /there is no layer 2, expected 0 to 1/,
    );
    expect(() => GitConfig.fromJson({ ...wrong, pruned_heads: [] })).toThrow(/lists of head numbers/);
  });

  test("torch_dtype of older files is read where dtype is missing", () => {
    expect(GitConfig.fromJson({ torch_dtype: "float16" }).dtype).toBe("float16");
    expect(GitConfig.fromJson({ torch_dtype: "float16", dtype: null }).dtype).toBe("float16");
    expect(GitConfig.fromJson({ torch_dtype: "float16", dtype: "bfloat16" }).dtype).toBe("bfloat16");
    expect(GitConfig.fromJson({ torch_dtype: null }).extra).toEqual({});
  });

  test("other names of the same activation function are understood", () => {
    expect(GitConfig.fromJson({ hidden_act: "swish" }).hiddenAct).toBe("silu");
    expect(GitConfig.fromJson({ hidden_act: "gelu_pytorch_tanh" }).hiddenAct).toBe("gelu_new");
    expect(failure(() => GitConfig.fromJson({ hidden_act: "gelu_10" }))).toBe(
      'config.json hidden_act: the value is wrong, expected one of gelu, gelu_new, quick_gelu, relu, selu, silu, got "gelu_10".',
    );
  });

  test("null is taken where the reference writes it", () => {
    const ids = { pad_token_id: null, bos_token_id: null, eos_token_id: null, num_image_with_embedding: null };
    expect(GitConfig.toJson(GitConfig.fromJson(ids))).toMatchObject(ids);
    expect(GitConfig.fromJson({ output_hidden_states: null }).outputHiddenStates).toBe(false);
  });
});

test("configs are frozen, all the way, and share nothing with what they were made from", () => {
  const eosTokenId = [3, 4];
  const extra = { list: [{ a: 1 }] };
  const config = GitConfig.create({ eosTokenId, extra });
  eosTokenId.push(-1);
  extra.list.pop();
  expect(config.eosTokenId).toEqual([3, 4]);
  expect(config.extra).toEqual({ list: [{ a: 1 }] });
  for (const part of [config, config.visionConfig, config.eosTokenId, config.extra, config.extra["list"]]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

describe("options are closed", () => {
  test("an unknown one is an error that names the nearest", () => {
    const init = JSON.parse('{"hidenSize":3,"visionConfig":{"imgSize":4}}');
    expect(failure(() => GitConfig.create(init))).toBe(
      [
        "2 problems:",
        '  - GitConfig visionConfig.imgSize: there is no such field. Did you mean "imageSize"?',
        '  - GitConfig hidenSize: there is no such field. Did you mean "hiddenSize"?',
      ].join("\n"),
    );
    expect(failure(() => GitConfig.create(JSON.parse('{"toString":1,"__proto__":2}')))).toContain("2 problems");
  });

  test("extra takes JSON, and no known field in disguise", () => {
    const extra = { hidden_size: 3, model_type: "git", when: Number.NaN };
    const message = failure(() => GitConfig.create({ extra }));
    expect(message).toContain("3 problems");
    expect(message).toContain("GitConfig extra.hidden_size: the file has a field of this name already.");
    expect(message).toContain("GitConfig extra.when: the value is wrong, expected JSON at most 64 deep, got NaN.");
    expect(failure(() => GitConfig.create(JSON.parse('{"extra":[]}')))).toContain("expected an object, got []");
  });

  test("toJson refuses a config that was made by hand and is impossible", () => {
    expect(failure(() => GitConfig.toJson({ ...GitConfig.create(), hiddenSize: 0 }))).toContain("GitConfig hiddenSize");
  });
});

describe("B15: config.json", () => {
  const impossible: readonly [string, JsonObject, string][] = [
    [
      "hidden_size not divisible by heads",
      { hidden_size: 770 },
      "config.json hidden_size: it cannot be shared out evenly to the attention heads, expected a multiple of 12, got 770.",
    ],
    [
      "the same in the image encoder",
      { vision_config: { hidden_size: 770 } },
      "config.json vision_config.hidden_size: it cannot be shared out evenly to the attention heads, expected a multiple of 12, got 770.",
    ],
    [
      "image_size not a multiple of patch_size",
      { vision_config: { image_size: 225 } },
      "config.json vision_config.image_size: it is no whole number of patches, expected a multiple of 16, got 225.",
    ],
    [
      "image_size smaller than a patch",
      { vision_config: { image_size: 8 } },
      "config.json vision_config.image_size: it is no whole number of patches, expected a multiple of 16, got 8.",
    ],
    [
      "negative eps",
      { layer_norm_eps: -1e-12 },
      "config.json layer_norm_eps: the value is wrong, expected a finite number above 0, got -1e-12.",
    ],
    [
      "eps of 0",
      { vision_config: { layer_norm_eps: 0 } },
      "config.json vision_config.layer_norm_eps: the value is wrong, expected a finite number above 0, got 0.",
    ],
    [
      "a fraction of a layer",
      { num_hidden_layers: 1.5 },
      "config.json num_hidden_layers: the value is wrong, expected a whole number from 1 to 1024, got 1.5.",
    ],
    [
      "a number as a string",
      { vocab_size: "30522" },
      'config.json vocab_size: the value is wrong, expected a whole number from 1 to 16777216, got "30522".',
    ],
    [
      "an absurd size",
      { hidden_size: 1e12 },
      "config.json hidden_size: the value is wrong, expected a whole number from 1 to 65536, got 1000000000000.",
    ],
    [
      "no positions",
      { max_position_embeddings: 0 },
      "config.json max_position_embeddings: the value is wrong, expected a whole number from 1 to 1048576, got 0.",
    ],
    [
      "a probability above 1",
      { hidden_dropout_prob: 1.1 },
      "config.json hidden_dropout_prob: the value is wrong, expected a number from 0 to 1, got 1.1.",
    ],
    [
      "a token outside the vocabulary",
      { vocab_size: 102 },
      "config.json eos_token_id: the vocabulary has no such token, expected 0 to 101, got 102.",
    ],
    [
      "one of several outside",
      { eos_token_id: [102, 30522] },
      "config.json eos_token_id: the vocabulary has no such token, expected 0 to 30521, got 30522.",
    ],
    [
      "an empty list of end tokens",
      { eos_token_id: [] },
      "config.json eos_token_id: the value is wrong, expected a token id, or a list of at least one, got [].",
    ],
    [
      "a negative token",
      { pad_token_id: -1 },
      "config.json pad_token_id: the value is wrong, expected a whole number from 0 to 16777215, got -1.",
    ],
    [
      "an unknown position embedding",
      { position_embedding_type: "rope" },
      'config.json position_embedding_type: the value is wrong, expected "absolute", "relative_key", "relative_key_query", got "rope".',
    ],
    [
      "no temporal embeddings",
      { num_image_with_embedding: 0 },
      "config.json num_image_with_embedding: the value is wrong, expected a whole number from 1 to 4096, got 0.",
    ],
    [
      "another kind of model",
      { model_type: "blip" },
      'config.json model_type: the value is wrong, expected "git", got "blip".',
    ],
    [
      "another kind of encoder",
      { vision_config: { model_type: "clip" } },
      'config.json vision_config.model_type: the value is wrong, expected "git_vision_model", got "clip".',
    ],
    [
      "a list for the encoder",
      { vision_config: [1] },
      "config.json vision_config: the value is wrong, expected an object, got [1].",
    ],
  ];
  test.each(impossible)("%s", (_, json, message) => {
    expect(failure(() => GitConfig.fromJson(json))).toBe(message);
  });

  test("everything that is wrong is listed at once, under the file's name", () => {
    const json = { hidden_size: 770, vocab_size: -1, vision_config: { image_size: 225, hidden_act: 3 }, use_cache: 1 };
    const message = failure(() => GitConfig.fromJson(json, "models/cats/config.json"));
    expect(message).toContain("5 problems:");
    expect(message.match(/- models\/cats\/config\.json \S+/g)?.map((line) => line.split(" ").at(-1))).toEqual([
      "vision_config.hidden_act:",
      "vision_config.image_size:",
      "vocab_size:",
      "use_cache:",
      "hidden_size:",
    ]);
  });

  test("the file is no object", () => {
    expect(failure(() => GitConfig.fromJson([]))).toBe("config.json: the value is wrong, expected an object, got [].");
    expect(failure(() => GitConfig.fromJson(null))).toContain("expected an object, got null.");
  });

  test("duplicate keys", () => {
    expect(() => parseJson('{"hidden_size":768,"hidden_size":8}', "config.json")).toThrow('"hidden_size" stands twice');
  });

  test("unknown fields nested without end, which did not come from parseJson", () => {
    let bomb: JsonObject = {};
    for (let i = 0; i < 200_000; i++) bomb = { bomb };
    expect(failure(() => GitConfig.fromJson(bomb))).toContain("config.json bomb: the value is wrong");
  });
});

test("GitVisionConfig reads the config of an encoder alone", () => {
  const config = GitVisionConfig.fromJson({ model_type: "git_vision_model", patch_size: 14, foo: 1 });
  expect(config).toEqual(GitVisionConfig.create({ patchSize: 14, extra: { foo: 1 } }));
  expect(GitVisionConfig.toJson(config)).toMatchObject({ model_type: "git_vision_model", patch_size: 14, foo: 1 });
});
