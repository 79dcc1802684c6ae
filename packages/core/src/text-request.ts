// From the options of caption() and answer() to those of generate(), and from its output to texts.
import { type Problem, show } from "@glimpsejs/base";
import type { GenerateOutput } from "./generation/generate.ts";
import type { GenerateOptions } from "./generation/options.ts";
import { refusals } from "./generation/refused-options.ts";
import type { GitForCausalLM } from "./git-for-causal-lm.ts";
import type { GitProcessor } from "./git-processor.ts";
import { checkAll, defined, throwProblems, unknownOptions } from "./options.ts";
import { type Preset, presetOptions, presetProblems, presetQuestion } from "./presets.ts";
import type { Rows } from "./rows.ts";
import { type TaskOptions, type TextResult, taskOptionNames } from "./tasks.ts";

const defaultNewTokens = 50;

/** A request to generate(), with its prompts. */
export type TextRequest = GenerateOptions & { readonly inputIds: Rows };

/**
 * What generate() is asked for one text a question; a question that is undefined is a caption. `ownNames` are options
 * that the call has besides. Throws one "invalid-argument" for everything wrong with questions and options, what
 * generate() would refuse included, before any picture is decoded.
 */
export function textRequest(
  model: GitForCausalLM,
  { tokenizer }: GitProcessor,
  questions: readonly (string | undefined)[],
  options: TaskOptions,
  ownNames: readonly string[] = [],
): TextRequest {
  const refused = refusals(options);
  const unknown = unknownOptions(options, [...taskOptionNames, ...ownNames, ...refused.names]);
  if (typeof options !== "object" || options === null) throwProblems(unknown);
  const { preset = "hf", ...given } = taskOptionsOf(options);
  const { maxPositionEmbeddings, visionConfig } = model.config;
  const texts = questions.filter((question) => questionProblems(question).length === 0);
  const inputIds = texts.map((question) => promptOf(tokenizer, question, preset));
  const lengths = inputIds.map((ids) => ids.length);
  const room = maxPositionEmbeddings - Math.max(...lengths) + 1;
  const request: GenerateOptions = {
    ...(given.maxLength == null && { maxNewTokens: Math.max(1, Math.min(defaultNewTokens, room)) }),
    ...presetOptions(preset, tokenizer, visionConfig.hiddenSize),
    ...given,
    eosTokenId: tokenizer.sepTokenId,
    decode: (ids) => tokenizer.decode(ids, { skipSpecialTokens: true }),
  };
  checkAll(
    () =>
      throwProblems([
        ...refused.problems,
        ...unknown,
        ...presetProblems(options.preset),
        ...questions.flatMap(questionProblems),
      ]),
    () => model.checkOptions(request, lengths),
  );
  return { ...request, inputIds };
}

/** Those of `options` that are given and that a text has; the others are the call's own or problems. */
function taskOptionsOf(options: TaskOptions): TaskOptions {
  return Object.fromEntries(Object.entries(defined(options)).filter(([name]) => taskOptionNames.includes(name)));
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

/** A problem for a question that is no text; undefined asks for a caption. */
export function questionProblems(question: unknown): Problem[] {
  if (question === undefined || typeof question === "string") return [];
  return [notAText(question)];
}

/** A problem for every question that is no text, where there is nothing to do without one. */
export function missingQuestions(questions: readonly unknown[]): Problem[] {
  return questions.flatMap((question) => (question === undefined ? [notAText(question)] : []));
}

function notAText(question: unknown): Problem {
  const expected = "a string or an array of strings";
  return { subject: "question", problem: "a question is no text", expected, got: show(question) };
}
