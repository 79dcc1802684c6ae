// Two ways of running the same weights. "hf" is what transformers does by default. "paper" is what the authors' code
// does (microsoft/GenerativeImage2Text): with it the published scores are computed.
import { type Problem, show } from "@glimpsejs/base";
import type { BertTokenizer } from "@glimpsejs/tokenizer";
import type { GenerateOptions } from "./generation/options.ts";

/** "hf" (default) or "paper". */
export type Preset = "hf" | "paper";

/** Every preset. */
export const presets: readonly Preset[] = ["hf", "paper"];

/** Tokens of a question that the authors' code keeps: max_text_len 40 less [CLS] and [SEP] (inference.py). */
const questionTokens = 38;

/** The image encoder of the large checkpoints is this wide (ViT-L/14). */
const largeWidth = 1024;

/** A problem for what is given and no preset. */
export function presetProblems(preset: unknown): Problem[] {
  if (preset === undefined || presets.some((name) => name === preset)) return [];
  const expected = presets.join(" or ");
  return [{ subject: 'option "preset"', problem: "there is no such preset", expected, got: show(preset) }];
}

/** The question's tokens that are asked: all, or for "paper" the last 38. */
export function presetQuestion(preset: Preset, ids: readonly number[]): readonly number[] {
  return preset === "paper" ? ids.slice(-questionTokens) : ids;
}

/**
 * Options of generate() that a preset stands for: for "paper" beam search with 4 beams and GNMT's length penalty 0.6
 * (model.py, GeneratorWithBeamSearch; Wu et al. 2016, equation 14). The large checkpoints were trained on captions
 * whose names are tags such as [unused0]; those are suppressed (issues 19, 29 and 50 of that repository).
 */
export function presetOptions(preset: Preset, tokenizer: BertTokenizer, visionWidth: number): GenerateOptions {
  if (preset !== "paper") return {};
  const unused = visionWidth >= largeWidth ? unusedTokens(tokenizer) : [];
  return {
    numBeams: 4,
    lengthPenalty: 0.6,
    lengthPenaltyFormula: "gnmt",
    ...(unused.length > 0 && { suppressTokens: unused }),
  };
}

function unusedTokens(tokenizer: BertTokenizer): readonly number[] {
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) =>
    /^\[unused\d+\]$/.test(tokenizer.idToToken(id) ?? ""),
  );
}
