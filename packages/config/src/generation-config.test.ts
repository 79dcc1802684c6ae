// generation_config.json: what is kept, and what is refused.
import { expect, test } from "vitest";
import { GenerationConfig } from "./generation-config.ts";

test("a file holds only what was set", () => {
  expect(GenerationConfig.toJson(GenerationConfig.create())).toEqual({});
  expect(GenerationConfig.create({ numBeams: 4 })).toEqual({ numBeams: 4, extra: {} });
});

test("a file keeps every field through a round trip, null and unknown ones too", () => {
  const json = {
    _from_model_config: true,
    bad_words_ids: [[5], [6, 7]],
    bos_token_id: 101,
    diversity_penalty: 0.5,
    early_stopping: "never",
    eos_token_id: [102, 103],
    exponential_decay_length_penalty: [5, 1.2],
    forced_eos_token_id: null,
    length_penalty: -1,
    max_new_tokens: 50,
    num_beam_groups: 2,
    num_beams: 4,
    num_return_sequences: 4,
    pad_token_id: 0,
    return_dict_in_generate: true,
    stop_strings: ["."],
    top_k: 0,
    transformers_version: "5.18.0",
    use_cache: true,
  };
  const config = GenerationConfig.fromJson(json);
  expect(config.earlyStopping).toBe("never");
  expect(config.extra).toEqual({
    _from_model_config: true,
    return_dict_in_generate: true,
    transformers_version: "5.18.0",
  });
  expect(GenerationConfig.toJson(config)).toEqual(json);
});

test.each([
  ["max_new_tokens", 0],
  ["max_new_tokens", -1],
  ["max_length", 1e9],
  ["max_length", 2.5],
  ["num_beams", 0],
  ["num_beams", 1e6],
  ["temperature", 0],
  ["temperature", -1],
  ["top_k", -1],
  ["top_k", 1e9],
  ["top_p", 1.5],
  ["min_p", -0.1],
  ["typical_p", 0],
  ["epsilon_cutoff", 1],
  ["eta_cutoff", -1],
  ["repetition_penalty", 0],
  ["no_repeat_ngram_size", -1],
  ["bad_words_ids", [[]]],
  ["bad_words_ids", [1]],
  ["suppress_tokens", [-1]],
  ["eos_token_id", []],
  ["forced_bos_token_id", [1]],
  ["exponential_decay_length_penalty", [1]],
  ["length_penalty", "1"],
  ["early_stopping", "always"],
  ["stop_strings", [""]],
  ["max_time", 0],
  ["do_sample", 1],
])("B18: %s of %j", (key, value) => {
  expect(() => GenerationConfig.fromJson({ [key]: value })).toThrow(`generation_config.json ${key}`);
});

test("B18: NaN and Infinity as options", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => GenerationConfig.create({ temperature: value })).toThrow("GenerationConfig temperature");
    expect(() => GenerationConfig.create({ maxNewTokens: value })).toThrow("GenerationConfig maxNewTokens");
    expect(() => GenerationConfig.create({ lengthPenalty: value })).toThrow("GenerationConfig lengthPenalty");
  }
});

test("more texts than the search finds", () => {
  expect(() => GenerationConfig.create({ numReturnSequences: 2 })).toThrow("Raise the number of beams, or sample.");
  expect(() => GenerationConfig.create({ numReturnSequences: 3, numBeams: 2, doSample: true })).toThrow("at most 2");
  expect(GenerationConfig.create({ numReturnSequences: 2, doSample: true }).numReturnSequences).toBe(2);
});

test("groups that do not divide the beams, or are not kept apart", () => {
  expect(() => GenerationConfig.create({ numBeams: 4, numBeamGroups: 3, diversityPenalty: 1 })).toThrow(
    "GenerationConfig numBeamGroups: the beams cannot be shared out evenly, expected a divisor of 4, got 3.",
  );
  expect(() => GenerationConfig.create({ numBeams: 4, numBeamGroups: 2 })).toThrow("GenerationConfig diversityPenalty");
});

test("a forced token that is suppressed", () => {
  expect(() => GenerationConfig.create({ forcedEosTokenId: [1, 2], suppressTokens: [1, 2, 3] })).toThrow(
    "GenerationConfig forcedEosTokenId: every forced token is suppressed.",
  );
  expect(() => GenerationConfig.create({ forcedEosTokenId: [1, 2], suppressTokens: [1] })).not.toThrow();
});

test("an unknown option names the nearest", () => {
  expect(() => GenerationConfig.create(JSON.parse('{"numBeam":2}'))).toThrow('Did you mean "numBeams"?');
});
