// The options of transformers' GenerationConfig (5.18) that Glimpse does not have, each with the reason. They are refused
// by name, in a call and in a checkpoint's generation_config.json: an option that is ignored gives other texts than asked for.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import type { GenerationConfig } from "@glimpsejs/config";

interface Refusal {
  readonly reason: string;
  /** Values that change nothing, besides null and the absence of the option. */
  readonly neutral?: readonly unknown[];
  /** Whether it says how something is computed and not what: in a file it is let through. */
  readonly harmless?: boolean;
}

const assistant = "speculative decoding gives the same texts, and there is no assistant model to give it to";
const cache = "the cache is the tree of texts, which needs no settings";
const compile = "it is about how PyTorch runs";
const textEncoder = "it is about the tokens of a text encoder; GIT's encoder reads pictures";
const lexical = "constrained beam search was taken out of transformers 5; use prefixAllowedTokens";
const custom = "it is not built in; a function in logitsProcessors can do it";
const fromForward = "ask forward() for them, with the generated tokens as inputIds";

/** By name in camelCase; in generation_config.json they are spelled in snake_case. */
const refused: Readonly<Record<string, Refusal>> = {
  assistantConfidenceThreshold: { reason: assistant, harmless: true },
  assistantEarlyExit: { reason: assistant, harmless: true },
  assistantEnsembleWeight: { reason: assistant, harmless: true },
  assistantLookbehind: { reason: assistant, harmless: true },
  cacheConfig: { reason: cache, harmless: true },
  cacheImplementation: { reason: cache, harmless: true },
  compileConfig: { reason: compile, harmless: true },
  constraints: { reason: lexical },
  continuousBatchingConfig: { reason: compile, harmless: true },
  decoderStartTokenId: { reason: "GIT continues a prompt, which begins with [CLS]; pass inputIds" },
  disableCompile: { reason: compile, harmless: true },
  dolaLayers: { reason: "contrasting layers was taken out of transformers 5" },
  encoderNoRepeatNgramSize: { reason: textEncoder, neutral: [0] },
  encoderRepetitionPenalty: { reason: textEncoder, neutral: [1] },
  forceWordsIds: { reason: lexical },
  guidanceScale: { reason: "guidance runs the model a second time without the picture's prompt", neutral: [1] },
  isAssistant: { reason: assistant, harmless: true },
  lowMemory: { reason: "beams never copy the cache, so there is nothing to save", harmless: true },
  maxCacheLen: { reason: cache, harmless: true },
  maxMatchingNgramSize: { reason: assistant, harmless: true },
  numAssistantTokens: { reason: assistant, harmless: true },
  numAssistantTokensSchedule: { reason: assistant, harmless: true },
  outputAttentions: { reason: fromForward, neutral: [false], harmless: true },
  outputHiddenStates: { reason: fromForward, neutral: [false], harmless: true },
  outputLogits: { reason: fromForward, neutral: [false], harmless: true },
  padTokenId: { reason: "rows are not padded: each is as long as its text", harmless: true },
  penaltyAlpha: { reason: "contrastive search was taken out of transformers 5", neutral: [0] },
  prefillChunkSize: { reason: cache, harmless: true },
  promptLookupNumTokens: { reason: assistant, harmless: true },
  returnDictInGenerate: { reason: "generate() always returns an object with everything", neutral: [false, true] },
  sequenceBias: { reason: custom },
  speculationType: { reason: assistant, harmless: true },
  targetLookbehind: { reason: assistant, harmless: true },
  tokenHealing: { reason: "a prompt's tokens are taken as they are", neutral: [false] },
  topH: { reason: custom },
  useMtp: { reason: "GIT has no heads that predict several tokens", neutral: [false] },
  watermarkingConfig: { reason: custom },
};

/** Every option that is refused, in camelCase. */
export const refusedOptions: readonly string[] = Object.keys(refused);

/** A problem for each refused option in `options`, whatever its value, and their names. */
export function refusals(options: object): { readonly problems: Problem[]; readonly names: ReadonlySet<string> } {
  const names = new Set(Object.keys(options ?? {}).filter((name) => Object.hasOwn(refused, name)));
  const problems = [...names].map((name): Problem => {
    return { subject: `option "${name}"`, problem: `generate() does not have it: ${refused[name]?.reason}` };
  });
  return { problems, names };
}

/**
 * Throws "unsupported" listing what generation_config.json asks for and Glimpse does not do, unless it asks for what
 * changes nothing. `file` names it in the error.
 */
export function checkGenerationFile({ extra }: GenerationConfig, file: string): void {
  const problems = Object.entries(refused).flatMap(([name, { reason, neutral = [], harmless = false }]): Problem[] => {
    const spelled = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const value = Object.hasOwn(extra, spelled) ? extra[spelled] : undefined;
    if (harmless || value == null || neutral.includes(value)) return [];
    const advice = "Take it out of the file to load the checkpoint without.";
    return [
      { subject: `${file} ${spelled}`, problem: `Glimpse does not have it: ${reason}`, got: show(value), advice },
    ];
  });
  if (problems.length > 0) throw new GlimpseError(problems, { code: "unsupported" });
}
