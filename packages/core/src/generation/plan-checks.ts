// What can be wrong with the options of generate(), and the limits that follow from them. Decides nothing.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import { GenerationConfig, type GitConfig } from "@glimpsejs/config";
import { defined, functionProblems } from "../options.ts";
import { type GenerateOptions, optionNames } from "./options.ts";
import type { CheckedGeneration } from "./plan.ts";

/**
 * The settings checked as one, so that impossible combinations of file and call are found too. Where there are problems,
 * the settings lack what is wrong and serve only to look for more.
 */
export function merged(given: Partial<GenerationConfig>): {
  readonly settings: Partial<GenerationConfig>;
  readonly problems: readonly Problem[];
} {
  try {
    return { settings: GenerationConfig.create(given), problems: [] };
  } catch (error) {
    if (!GlimpseError.isInstance(error)) throw error;
    const nameOf = ({ subject }: Problem) => /^GenerationConfig (\w+)/.exec(subject)?.[1];
    const wrong = error.problems.map(nameOf);
    return {
      settings: Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.includes(name))),
      problems: error.problems.map((p) => {
        const name = nameOf(p);
        return name === undefined
          ? p
          : { ...p, subject: p.subject.replace(`GenerationConfig ${name}`, `option "${name}"`) };
      }),
    };
  }
}

/** Those of the given settings that are options at all; the others are problems of their own. */
export function known<T extends object>(given: T): T {
  const names: readonly string[] = optionNames;
  return Object.fromEntries(Object.entries(defined(given)).filter(([name]) => names.includes(name))) as T;
}

/** What depends on the model: ids that its vocabulary lacks, more beams than tokens. */
export function modelProblems(
  settings: Partial<GenerationConfig>,
  eosTokenIds: ReadonlySet<number>,
  { vocabSize }: GitConfig,
): Problem[] {
  const ids: Readonly<Record<string, readonly number[]>> = {
    eosTokenId: [...eosTokenIds],
    badWordsIds: settings.badWordsIds?.flat() ?? [],
    suppressTokens: settings.suppressTokens ?? [],
    beginSuppressTokens: settings.beginSuppressTokens ?? [],
    forcedBosTokenId: [...tokenSet(settings.forcedBosTokenId)],
    forcedEosTokenId: [...tokenSet(settings.forcedEosTokenId)],
  };
  const problems = Object.entries(ids).flatMap(([name, list]): Problem[] => {
    const wrong = list.find((id) => id >= vocabSize);
    if (wrong === undefined) return [];
    return [
      {
        subject: `option "${name}"`,
        problem: "there is no such token",
        expected: `0 to ${vocabSize - 1}`,
        got: show(wrong),
      },
    ];
  });
  const beams = settings.numBeams ?? 1;
  if (beams > vocabSize)
    problems.push({
      subject: 'option "numBeams"',
      problem: "there are more beams than tokens",
      expected: `at most ${vocabSize}`,
      got: String(beams),
    });
  return problems;
}

/** One token id, several, or none. */
export function tokenSet(ids: number | readonly number[] | null | undefined): ReadonlySet<number> {
  return new Set([ids ?? []].flat());
}

/** What should be functions and a signal. */
export function callbackProblems(options: GenerateOptions): Problem[] {
  const lists = (["logitsProcessors", "stoppingCriteria"] as const).flatMap((name): Problem[] => {
    const list: unknown = options[name];
    if (list === undefined || (Array.isArray(list) && list.every((item) => typeof item === "function"))) return [];
    return [{ subject: `option "${name}"`, problem: "it is not a list of functions", got: show(list) }];
  });
  return [...functionProblems(options, ["prefixAllowedTokens", "decode"]), ...lists];
}

/** The limit by precedence: maxNewTokens, then maxLength less the prompt, then 20 tokens in all. */
export function newTokenLimit(
  { maxNewTokens, maxLength }: Partial<GenerationConfig>,
  { maxPositionEmbeddings: positions }: GitConfig,
): CheckedGeneration["maxNewTokens"] {
  return (promptLength, padding = 0) => {
    const limit = maxNewTokens ?? (maxLength ?? 20) - promptLength;
    // The last generated token is never fed, so it needs no position.
    if (limit >= 1 && promptLength - padding + limit - 1 <= positions) return limit;
    const given = maxNewTokens == null ? `maxLength ${maxLength ?? 20}` : `maxNewTokens ${maxNewTokens}`;
    throw new GlimpseError(
      {
        subject: "generate()",
        problem:
          limit < 1
            ? "the prompt leaves no room for a token"
            : "the text would be longer than the positions the model has",
        expected: limit < 1 ? undefined : `at most ${positions} tokens`,
        got: `a prompt of ${promptLength} tokens and ${given}`,
        advice: limit < 1 ? "Raise it, or pass maxNewTokens." : "Shorten the prompt or ask for fewer tokens.",
      },
      { code: "invalid-argument" },
    );
  };
}
