// From the options of generate() to what generation does: defaults filled in, everything checked before anything runs.
import { show } from "@glimpsejs/base";
import type { GenerationConfig, GitConfig } from "@glimpsejs/config";
import { likeliestIndex } from "../likeliest.ts";
import { loadOnDemand } from "../load-on-demand.ts";
import { seedProblems, throwProblems, unknownOptions } from "../options.ts";
import type { LeafReading } from "./leaves.ts";
import { type GenerateOptions, optionNames } from "./options.ts";
import { callbackProblems, known, merged, modelProblems, newTokenLimit, tokenSet } from "./plan-checks.ts";
import type { LogitsProcessor, ProcessorOptions } from "./processors/index.ts";
import { minTokensToKeep } from "./processors/processor.ts";
import { readingKind } from "./reading.ts";
import { refusals } from "./refused-options.ts";
import { type StopRule, stopRules } from "./stopping.ts";

/** What one generation does, everything checked and decided. */
export interface CheckedGeneration {
  /** What changes scores; {@link completePlan} makes it. */
  readonly processing: ProcessorOptions;
  /** Most tokens to generate for a prompt of `promptLength` tokens, of which `padding` (default 0) are not fed. */
  readonly maxNewTokens: (promptLength: number, padding?: number) => number;
  readonly eosTokenIds: ReadonlySet<number>;
  /** The sampler that leaves so few tokens that the others need not be known: top-k, after the temperature. */
  readonly narrowing: { readonly kept: number; readonly temperature: number } | undefined;
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

/** Which of the scores [V] is taken, as an index. */
export type Chooser = (scores: Float32Array) => number;

/** A generation ready to run. */
export interface GenerationPlan extends CheckedGeneration {
  /** All processors in their order: rules, then samplers. */
  readonly processors: readonly LogitsProcessor[];
  readonly rules: readonly LogitsProcessor[];
  readonly samplers: readonly LogitsProcessor[];
  /** The choice of each row of a search without beams: the likeliest, or drawn, for the same seed the same from the start. */
  readonly chooser: () => Chooser;
  /** How much of each row of logits is read at first. */
  readonly reading: LeafReading["kind"];
}

/**
 * Checks `options` over `defaults` and fills in what they leave open. Throws one "invalid-argument" error that lists
 * every unknown option (with the nearest name) and every impossible value or combination.
 */
export function planGeneration(
  options: GenerateOptions,
  defaults: GenerationConfig,
  config: GitConfig,
): CheckedGeneration {
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
  const processing: ProcessorOptions = {
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
  };
  const kept = Math.max(topK, minTokensToKeep({ numBeams, eosTokenIds }));
  return {
    processing,
    maxNewTokens,
    eosTokenIds,
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
}

/** `checked` with its processors, which are fetched where it has any. */
export async function completePlan(checked: CheckedGeneration): Promise<GenerationPlan> {
  const { processing, doSample, seed } = checked;
  const more = changesScores(processing) ? await loadOnDemand() : undefined;
  const { rules, samplers } = more?.processorsOf(processing) ?? { rules: [], samplers: [] };
  const chooser = () => (doSample && more ? more.sampler(seed) : likeliestIndex);
  const plan = { ...checked, processors: [...rules, ...samplers], rules, samplers, chooser };
  return { ...plan, reading: readingKind(plan) };
}

/** Settings with a processor, and the value of each that changes nothing. */
const neutral = {
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  badWordsIds: null,
  minLength: 0,
  minNewTokens: 0,
  prefixAllowedTokens: null,
  forcedBosTokenId: null,
  forcedEosTokenId: null,
  removeInvalidValues: false,
  exponentialDecayLengthPenalty: null,
  suppressTokens: null,
  beginSuppressTokens: null,
  logitsProcessors: null,
  renormalizeLogits: false,
  doSample: false,
} as const satisfies Partial<Record<keyof ProcessorOptions, unknown>>;

/** Whether there is any processor. */
function changesScores(processing: ProcessorOptions): boolean {
  const names = Object.keys(neutral) as (keyof typeof neutral)[];
  return names.some((name) => (processing[name] ?? null) !== null && processing[name] !== neutral[name]);
}
