// From options to the list of processors, in the order of transformers 5.18 (_get_logits_processor): rules about the
// text, then the caller's own, then what narrows the distribution that is sampled from, and normalization last.
import type { GenerationConfig } from "@glimpsejs/config";
import { allowedTokens } from "./allowed-tokens.ts";
import { badWords } from "./bad-words.ts";
import { epsilonCutoff, etaCutoff } from "./cutoffs.ts";
import { exponentialDecay } from "./exponential-decay.ts";
import { forcedBos, forcedEos } from "./forced-tokens.ts";
import { invalidValues } from "./invalid-values.ts";
import { minLength, minNewTokens } from "./min-length.ts";
import { minP } from "./min-p.ts";
import { noRepeatNgram } from "./no-repeat-ngram.ts";
import { type LogitsProcessor, minTokensToKeep, type ProcessorContext } from "./processor.ts";
import { renormalization } from "./renormalize.ts";
import { repetitionPenalty } from "./repetition-penalty.ts";
import { suppressed, suppressedAtBegin } from "./suppress.ts";
import { temperature } from "./temperature.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";
import { typical } from "./typical.ts";

export type { LogitsProcessor, ProcessorContext, SparseProcessor } from "./processor.ts";

/** Settings of {@link GenerationConfig} that processors implement. */
type Settings = Pick<
  GenerationConfig,
  | "repetitionPenalty"
  | "noRepeatNgramSize"
  | "badWordsIds"
  | "minLength"
  | "minNewTokens"
  | "forcedBosTokenId"
  | "forcedEosTokenId"
  | "removeInvalidValues"
  | "exponentialDecayLengthPenalty"
  | "suppressTokens"
  | "beginSuppressTokens"
  | "temperature"
  | "topK"
  | "topP"
  | "minP"
  | "typicalP"
  | "epsilonCutoff"
  | "etaCutoff"
  | "renormalizeLogits"
>;

/** Checked settings, and what processors must know besides; an unset setting has no processor. */
export interface ProcessorOptions extends Settings {
  readonly prefixAllowedTokens?: ((context: ProcessorContext) => readonly number[]) | undefined;
  /** The caller's own, run in their order. */
  readonly logitsProcessors?: readonly LogitsProcessor[] | undefined;
  /** Whether `temperature` to `etaCutoff` apply. */
  readonly doSample: boolean;
  readonly numBeams: number;
  readonly eosTokenIds: ReadonlySet<number>;
  /** Most tokens of a text, prompt included. */
  readonly maxLength: (promptLength: number) => number;
}

/** Processors in two parts, to be run one after the other on the scores of each step. */
export interface Processors {
  /** Those that know tokens by their ids: what the text has to be like. */
  readonly rules: readonly LogitsProcessor[];
  /** Those that know nothing but the distribution: what is sampled from. */
  readonly samplers: readonly LogitsProcessor[];
}

/** The processors that `options` ask for. */
export function processorsOf(options: ProcessorOptions): Processors {
  const { eosTokenIds, numBeams, maxLength, logitsProcessors = [], doSample } = options;
  const normalization = unless(false, options.renormalizeLogits, renormalization);
  const rules = [
    ...unless(1, options.repetitionPenalty, repetitionPenalty),
    ...unless(0, options.noRepeatNgramSize, noRepeatNgram),
    ...unless(null, options.badWordsIds, (words) => badWords(words, eosTokenIds)),
    ...unless(0, options.minLength, (length) => minLength(length, eosTokenIds)),
    ...unless(0, options.minNewTokens, (count) => minNewTokens(count, eosTokenIds)),
    ...unless(null, options.prefixAllowedTokens, (allowed) => allowedTokens(allowed, numBeams)),
    ...unless(null, options.forcedBosTokenId, forcedBos),
    ...unless(null, options.forcedEosTokenId, (ids) => forcedEos(ids, maxLength)),
    ...unless(false, options.removeInvalidValues, invalidValues),
    ...unless(null, options.exponentialDecayLengthPenalty, (decay) => exponentialDecay(decay, eosTokenIds)),
    ...unless(null, options.suppressTokens, suppressed),
    ...unless(null, options.beginSuppressTokens, (ids) => suppressedAtBegin(ids, options.forcedBosTokenId != null)),
    ...logitsProcessors,
  ];
  if (!doSample) return { rules: [...rules, ...normalization], samplers: [] };
  return { rules, samplers: [...samplersOf(options), ...normalization] };
}

function samplersOf(options: ProcessorOptions): readonly LogitsProcessor[] {
  const keep = minTokensToKeep(options);
  return [
    ...unless(1, options.temperature, temperature),
    ...unless(0, options.topK, (k) => topK(k, keep)),
    ...unless(1, options.topP, (mass) => topP(mass, keep)),
    ...unless(null, options.minP, (fraction) => minP(fraction, keep)),
    ...unless(1, options.typicalP, (mass) => typical(mass, keep)),
    ...unless(0, options.epsilonCutoff, (epsilon) => epsilonCutoff(epsilon, keep)),
    ...unless(0, options.etaCutoff, (eta) => etaCutoff(eta, keep)),
  ];
}

/** `make(value)`, or nothing where the value is unset or the one that changes nothing. */
function unless<T>(
  neutral: T | null,
  value: T | null | undefined,
  make: (value: T) => LogitsProcessor,
): readonly LogitsProcessor[] {
  return value == null || value === neutral ? [] : [make(value)];
}
