// From the options of caption() and answer() to those of generate(), and from its output to texts.
import { GlimpseError, show } from "@glimpsejs/base";
import type { GenerateOutput } from "./generation/generate.ts";
import type { GenerateOptions } from "./generation/options.ts";
import { refusals } from "./generation/refused-options.ts";
import type { GitForCausalLM } from "./git-for-causal-lm.ts";
import type { GitProcessor } from "./git-processor.ts";
import { defined, throwProblems, unknownOptions } from "./options.ts";
import { checkPreset, type Preset, presetOptions, presetQuestion } from "./presets.ts";
import type { Rows } from "./rows.ts";
import { type TaskOptions, type TextResult, taskOptionNames } from "./tasks.ts";

const defaultNewTokens = 50;

/** A request to generate(), with its prompts. */
export type TextRequest = GenerateOptions & { readonly inputIds: Rows };

/**
 * What generate() is asked for one text a question; a question that is undefined is a caption. Throws
 * "invalid-argument" for every option and prompt that generate() would refuse, before any picture is decoded.
 */
export function textRequest(
  model: GitForCausalLM,
  { tokenizer }: GitProcessor,
  questions: readonly (string | undefined)[],
  options: TaskOptions,
): TextRequest {
  const refused = refusals(options);
  throwProblems([...refused.problems, ...unknownOptions(options, [...taskOptionNames, ...refused.names])]);
  const { preset = "hf", ...given } = defined(options);
  checkPreset(preset);
  const { maxPositionEmbeddings, visionConfig } = model.config;
  const inputIds = questions.map((question) => promptOf(tokenizer, question, preset));
  const lengths = inputIds.map((ids) => ids.length);
  const room = maxPositionEmbeddings - Math.max(...lengths) + 1;
  const request: GenerateOptions = {
    ...(given.maxLength == null && { maxNewTokens: Math.max(1, Math.min(defaultNewTokens, room)) }),
    ...presetOptions(preset, tokenizer, visionConfig.hiddenSize),
    ...given,
    eosTokenId: tokenizer.sepTokenId,
    decode: (ids) => tokenizer.decode(ids, { skipSpecialTokens: true }),
  };
  model.checkOptions(request, lengths);
  return { ...request, inputIds };
}

/** [CLS] and, for an answer, the question without [SEP]. */
export function promptOf(
  tokenizer: GitProcessor["tokenizer"],
  question: string | undefined,
  preset: Preset = "hf",
): readonly number[] {
  const ids = question === undefined ? [] : tokenizer.encode(question, { addSpecialTokens: false }).inputIds;
  return [tokenizer.clsTokenId, ...presetQuestion(preset, ids)];
}

/** The texts of an output of generate(). */
export function textResults(
  processor: GitProcessor,
  { generated, logProbs, sequencesScores }: GenerateOutput,
): TextResult[] {
  return generated.map((tokens, i) => textResult(processor, tokens, logProbs[i] ?? [], sequencesScores?.[i]));
}

/** One text from its tokens, their log-probabilities and, with beams, its score. */
export function textResult(
  processor: GitProcessor,
  tokens: readonly number[],
  logProbs: readonly number[],
  score?: number,
): TextResult {
  const text = processor.decode(tokens, { skipSpecialTokens: true });
  const logProb = logProbs.reduce((sum, x) => sum + x, 0);
  return { text, tokens, logProb, score: score ?? (tokens.length === 0 ? 0 : logProb / tokens.length) };
}

/** `question` itself. Throws "invalid-argument" where it is no text. */
export function checkedQuestion(question: unknown): string {
  if (typeof question === "string") return question;
  throw new GlimpseError(
    {
      subject: "answer()",
      problem: "a question is no text",
      expected: "a string or an array of strings",
      got: show(question),
    },
    { code: "invalid-argument" },
  );
}
