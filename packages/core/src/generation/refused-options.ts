// The options of transformers' GenerationConfig (5.18) that Glimpse does not have, each with the reason. They are refused
// by name, in a call and in a checkpoint's generation_config.json: an option that is ignored gives other texts than asked for.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import type { GenerationConfig } from "@glimpsejs/config";

interface Refusal {
  readonly reason: string;
  /** Values that change nothing, besides null and the absence of the option. */
  readonly neutral: readonly unknown[];
  /** Whether it says how something is computed and not what: in a file it is let through. */
  readonly harmless: boolean;
}

/** Options refused for one reason: their names in camelCase (in generation_config.json they are in snake_case). */
type Refused = readonly [names: string, reason: string, neutral?: readonly unknown[]];

const textEncoder = "it is about the tokens of a text encoder; GIT's encoder reads pictures";

/** They say how something is computed and not what. */
const harmless: readonly Refused[] = [
  [
    "assistantConfidenceThreshold assistantEarlyExit assistantEnsembleWeight assistantLookbehind isAssistant " +
      "maxMatchingNgramSize numAssistantTokens numAssistantTokensSchedule promptLookupNumTokens speculationType " +
      "targetLookbehind",
    "the model guesses for itself; `draft` of fromPretrained() says how",
  ],
  [
    "cacheConfig cacheImplementation maxCacheLen prefillChunkSize",
    "the cache is the tree of texts, which needs no settings",
  ],
  ["compileConfig continuousBatchingConfig disableCompile", "it is about how PyTorch runs"],
  ["lowMemory", "beams never copy the cache, so there is nothing to save"],
  [
    "outputAttentions outputHiddenStates outputLogits",
    "ask forward() for them, with the generated tokens as inputIds",
    [false],
  ],
  ["padTokenId", "rows are not padded: each is as long as its text"],
];

/** They ask for other texts. */
const telling: readonly Refused[] = [
  ["constraints forceWordsIds", "constrained beam search was taken out of transformers 5; use prefixAllowedTokens"],
  ["decoderStartTokenId", "GIT continues a prompt, which begins with [CLS]; pass inputIds"],
  ["dolaLayers", "contrasting layers was taken out of transformers 5"],
  ["encoderNoRepeatNgramSize", textEncoder, [0]],
  ["encoderRepetitionPenalty", textEncoder, [1]],
  ["guidanceScale", "guidance runs the model a second time without the picture's prompt", [1]],
  ["penaltyAlpha", "contrastive search was taken out of transformers 5", [0]],
  ["returnDictInGenerate", "generate() always returns an object with everything", [false, true]],
  ["sequenceBias topH watermarkingConfig", "it is not built in; a function in logitsProcessors can do it"],
  ["tokenHealing", "a prompt's tokens are taken as they are", [false]],
  ["useMtp", "GIT has no heads that predict several tokens", [false]],
];

const refused: Readonly<Record<string, Refusal>> = Object.fromEntries(
  [harmless, telling].flatMap((rows) =>
    rows.flatMap(([names, reason, neutral = []]) =>
      names.split(" ").map((name): [string, Refusal] => [name, { reason, neutral, harmless: rows === harmless }]),
    ),
  ),
);

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
  const problems = Object.entries(refused).flatMap(([name, { reason, neutral, harmless: isHarmless }]): Problem[] => {
    const spelled = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const value = Object.hasOwn(extra, spelled) ? extra[spelled] : undefined;
    if (isHarmless || value == null || neutral.includes(value)) return [];
    const advice = "Take it out of the file to load the checkpoint without.";
    return [
      { subject: `${file} ${spelled}`, problem: `Glimpse does not have it: ${reason}`, got: show(value), advice },
    ];
  });
  if (problems.length > 0) throw new GlimpseError(problems, { code: "unsupported" });
}
