// Every option of transformers' GenerationConfig is either one of generate()'s or refused with a reason.
import type { JsonValue } from "@glimpsejs/base";
import { GenerationConfig, GitConfig } from "@glimpsejs/config";
import { describe, expect, test } from "vitest";
import { optionNames } from "./options.ts";
import { planGeneration } from "./plan.ts";
import { checkGenerationFile, refusedOptions } from "./refused-options.ts";

// sorted(GenerationConfig().to_dict()) of transformers 5.18, without _from_model_config and transformers_version.
const reference = `assistant_confidence_threshold assistant_early_exit assistant_ensemble_weight assistant_lookbehind
  bad_words_ids begin_suppress_tokens bos_token_id cache_config cache_implementation compile_config constraints
  continuous_batching_config decoder_start_token_id disable_compile diversity_penalty do_sample dola_layers
  early_stopping encoder_no_repeat_ngram_size encoder_repetition_penalty eos_token_id epsilon_cutoff eta_cutoff
  exponential_decay_length_penalty force_words_ids forced_bos_token_id forced_eos_token_id guidance_scale is_assistant
  length_penalty low_memory max_cache_len max_length max_matching_ngram_size max_new_tokens max_time min_length
  min_new_tokens min_p no_repeat_ngram_size num_assistant_tokens num_assistant_tokens_schedule num_beam_groups
  num_beams num_return_sequences output_attentions output_hidden_states output_logits output_scores pad_token_id
  penalty_alpha prefill_chunk_size prompt_lookup_num_tokens remove_invalid_values renormalize_logits
  repetition_penalty return_dict_in_generate sequence_bias speculation_type stop_strings suppress_tokens
  target_lookbehind temperature token_healing top_h top_k top_p typical_p use_cache use_mtp watermarking_config`
  .split(/\s+/)
  .map((name) => name.replace(/_[a-z]/g, (pair) => pair.slice(1).toUpperCase()));

const config = GitConfig.create({ vocabSize: 100, bosTokenId: 1, eosTokenId: 2 });
const plan = (options: object) => planGeneration(options, GenerationConfig.create({}), config);
const file = (json: JsonValue) => () => checkGenerationFile(GenerationConfig.fromJson(json, "f"), "f");

test("every option of the reference is one of generate()'s or refused, none is both", () => {
  const own: readonly string[] = optionNames;
  expect(reference.filter((name) => !own.includes(name) && !refusedOptions.includes(name))).toEqual([]);
  expect(refusedOptions.filter((name) => own.includes(name) || !reference.includes(name))).toEqual([]);
});

test.each(refusedOptions)("%s is refused by name, with a reason", (name) => {
  expect(() => plan({ [name]: 1 })).toThrow(
    new RegExp(`^option "${name}": generate\\(\\) does not have it: .{20,}\\.$`),
  );
});

test("refused and unknown options are told together", () => {
  expect(() => plan({ guidanceScale: 3, num_beams: 4 })).toThrow(/guidanceScale.*\n.*"num_beams".*"numBeams"/s);
});

describe("generation_config.json", () => {
  test("that asks for other texts than Glimpse would give is refused, all of it at once", () => {
    const json = { guidance_scale: 3, sequence_bias: [[[1], 2]], penalty_alpha: 0.6 };
    expect(file(json)).toThrow(/guidance_scale.*got 3\. Take it out.*penalty_alpha.*sequence_bias/s);
  });

  test("may hold what changes nothing", () => {
    const json = { guidance_scale: 1, penalty_alpha: 0, cache_implementation: "static", return_dict_in_generate: true };
    expect(file({ ...json, top_h: null, pad_token_id: 0, output_logits: true })).not.toThrow();
  });
});
