// From the options of generate() to what generation does: defaults filled in, everything checked before anything runs.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import { GenerationConfig, type GitConfig } from "@glimpsejs/config";
import { defined, functionProblems, seedProblems, throwProblems, unknownOptions } from "../options.ts";
import type { LeafReading } from "./leaves.ts";
import { type GenerateOptions, optionNames } from "./options.ts";
import { type LogitsProcessor, minTokensToKeep, processorsOf } from "./processors/index.ts";
import { readingKind } from "./reading.ts";
import { refusals } from "./refused-options.ts";
import { type StopRule, stopRules } from "./stopping.ts";

/** What one generation does, everything decided. */
export interface GenerationPlan {
  /** Most tokens to generate for a prompt of `promptLength` tokens, of which `padding` (default 0) are not fed. */
  readonly maxNewTokens: (promptLength: number, padding?: number) => number;
  readonly eosTokenIds: ReadonlySet<number>;
  /** All processors in their order: rules, then samplers. */
  readonly processors: readonly LogitsProcessor[];
  readonly rules: readonly LogitsProcessor[];
  readonly samplers: readonly LogitsProcessor[];
  /** The sampler that leaves so few tokens that the others need not be known: top-k, after the temperature. */
  readonly narrowing: { readonly kept: number; readonly temperature: number } | undefined;
  /** How much of each row of logits is read at first. */
  readonly reading: LeafReading["kind"];
  readonly vocabSize: number;
  readonly stops: readonly StopRule[];
  readonly doSample: boolean;
  readonly seed: number;
  readonly numBeams: number;
  readonly numBeamGroups: number;
  readonly diversityPenalty: number;
  /** The score by which beams of `length` tokens are ranked. */
  readonly lengthScore: (total: number, length: number) => number;
  /** Whether a longer text of the same total scores better. */
  readonly favoursLength: boolean;
  readonly earlyStopping: boolean | "never";
  readonly numReturnSequences: number;
  /** Milliseconds after which no further token is begun. */
  readonly maxTime: number;
  readonly useCache: boolean;
  /** Runs that may be under way beyond the one whose tokens are read. */
  readonly runAhead: number;
  /** Whether NaN and infinite logits are replaced instead of refused. */
  readonly removeInvalidValues: boolean;
  readonly outputScores: boolean;
  /** Whether log-probabilities are read for rows that need none to choose. */
  readonly outputLogProbs: boolean;
  /** Ids to text, where the caller knows how. */
  readonly decode: ((ids: readonly number[]) => string) | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Checks `options` over `defaults` and fills in what they leave open. Throws one "invalid-argument" error that lists
 * every unknown option (with the nearest name) and every impossible value or combination.
 */
export function planGeneration(
  options: GenerateOptions,
  defaults: GenerationConfig,
  config: GitConfig,
): GenerationPlan {
  const refused = refusals(options);
  const problems = [...refused.problems, ...unknownOptions(options, [...optionNames, ...refused.names])];
  if (typeof options !== "object" || options === null) throwProblems(problems);
  const {
    seed = 0,
    lengthPenaltyFormula = "power",
    outputLogProbs = true,
    runAhead = 0,
    prefixAllowedTokens,
    logitsProcessors,
    stoppingCriteria,
    decode,
    signal,
    ...given
  } = options;
  const { extra: _, ...fromFile } = defaults;
  // A length given in the call replaces the file's, whichever of the two names it has.
  const lengths = {
    ...(given.maxLength != null && given.maxNewTokens == null && { maxNewTokens: undefined }),
    ...(given.minLength != null && given.minNewTokens == null && { minNewTokens: undefined }),
  };
  const { settings, problems: wrongValues } = merged({ ...fromFile, ...lengths, ...known(given) });
  problems.push(...wrongValues);
  const eosTokenIds = tokenSet(settings.eosTokenId === undefined ? config.eosTokenId : settings.eosTokenId);
  problems.push(...modelProblems(settings, eosTokenIds, config), ...seedProblems(seed), ...callbackProblems(options));
  if (!Number.isInteger(runAhead) || runAhead < 0) {
    const got = show(runAhead);
    problems.push({
      subject: 'option "runAhead"',
      problem: "it is not a number of steps",
      expected: "0, 1, 2, …",
      got,
    });
  }
  if (typeof outputLogProbs !== "boolean") {
    const got = show(outputLogProbs);
    problems.push({ subject: 'option "outputLogProbs"', problem: "it is neither true nor false", got });
  }
  if (lengthPenaltyFormula !== "power" && lengthPenaltyFormula !== "gnmt") {
    const got = show(lengthPenaltyFormula);
    problems.push({
      subject: 'option "lengthPenaltyFormula"',
      problem: "there is no such formula",
      expected: '"power" or "gnmt"',
      got,
    });
  }
  if (settings.stopStrings != null && decode === undefined) {
    problems.push({
      subject: 'option "stopStrings"',
      problem: "it needs text",
      advice: "Pass `decode`, such as the tokenizer's.",
    });
  }
  throwProblems(problems);

  const maxNewTokens = newTokenLimit(settings, config);
  const lengthPenalty = settings.lengthPenalty ?? 1;
  const gnmt = lengthPenaltyFormula === "gnmt";
  const doSample = settings.doSample ?? false;
  const numBeams = settings.numBeams ?? 1;
  const topK = settings.topK ?? 50;
  const { rules, samplers } = processorsOf({
    ...settings,
    // The count of new tokens goes before the length, also where it asks for less.
    minLength: settings.minNewTokens == null ? settings.minLength : undefined,
    topK,
    prefixAllowedTokens,
    logitsProcessors,
    doSample,
    numBeams,
    eosTokenIds,
    maxLength: (promptLength) =>
      settings.maxNewTokens == null ? (settings.maxLength ?? 20) : promptLength + settings.maxNewTokens,
  });
  const kept = Math.max(topK, minTokensToKeep({ numBeams, eosTokenIds }));
  const plan: Omit<GenerationPlan, "reading"> = {
    maxNewTokens,
    eosTokenIds,
    processors: [...rules, ...samplers],
    rules,
    samplers,
    narrowing: topK === 0 ? undefined : { kept, temperature: settings.temperature ?? 1 },
    vocabSize: config.vocabSize,
    stops: stopRules(stoppingCriteria ?? [], settings.stopStrings ?? [], decode),
    doSample,
    seed,
    numBeams,
    numBeamGroups: settings.numBeamGroups ?? 1,
    diversityPenalty: settings.diversityPenalty ?? 0,
    lengthScore: (total, length) => total / (gnmt ? (5 + length) / 6 : length) ** lengthPenalty,
    favoursLength: lengthPenalty > 0,
    earlyStopping: settings.earlyStopping ?? false,
    numReturnSequences: settings.numReturnSequences ?? 1,
    maxTime: (settings.maxTime ?? Number.POSITIVE_INFINITY) * 1000,
    useCache: settings.useCache ?? true,
    removeInvalidValues: settings.removeInvalidValues ?? false,
    outputScores: settings.outputScores ?? false,
    outputLogProbs,
    runAhead,
    decode,
    signal,
  };
  return { ...plan, reading: readingKind(plan) };
}

/**
 * The settings checked as one, so that impossible combinations of file and call are found too. Where there are problems,
 * the settings lack what is wrong and serve only to look for more.
 */
function merged(given: Partial<GenerationConfig>): {
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
function known<T extends object>(given: T): T {
  const names: readonly string[] = optionNames;
  return Object.fromEntries(Object.entries(defined(given)).filter(([name]) => names.includes(name))) as T;
}

/** What depends on the model: ids that its vocabulary lacks, more beams than tokens. */
function modelProblems(
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

function tokenSet(ids: number | readonly number[] | null | undefined): ReadonlySet<number> {
  return new Set([ids ?? []].flat());
}

/** What should be functions and a signal. */
function callbackProblems(options: GenerateOptions): Problem[] {
  const lists = (["logitsProcessors", "stoppingCriteria"] as const).flatMap((name): Problem[] => {
    const list: unknown = options[name];
    if (list === undefined || (Array.isArray(list) && list.every((item) => typeof item === "function"))) return [];
    return [{ subject: `option "${name}"`, problem: "it is not a list of functions", got: show(list) }];
  });
  return [...functionProblems(options, ["prefixAllowedTokens", "decode"]), ...lists];
}

/** The limit by precedence: maxNewTokens, then maxLength less the prompt, then 20 tokens in all. */
function newTokenLimit(
  { maxNewTokens, maxLength }: Partial<GenerationConfig>,
  { maxPositionEmbeddings: positions }: GitConfig,
): GenerationPlan["maxNewTokens"] {
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
