// The options of generate(), as in the documentation of transformers. Every one of them works or is refused.
import type { GenerationConfig } from "@glimpsejs/config";
import type { LogitsProcessor, ProcessorContext } from "./processors/index.ts";

/** The settings of generation_config.json that a call may override; the rest of that file's fields say nothing here. */
type Settings = Omit<
  GenerationConfig,
  "extra" | "outputLogits" | "outputAttentions" | "outputHiddenStates" | "padTokenId"
>;

/** Options of generate(); unset ones come from generation_config.json, then from the reference. */
export interface GenerateOptions extends Partial<Settings> {
  /**
   * How beams are ranked: "power", the reference's total / length^lengthPenalty (default), or "gnmt", the paper's
   * total / ((5 + length) / 6)^lengthPenalty.
   */
  readonly lengthPenaltyFormula?: "power" | "gnmt" | undefined;
  /** Seed of sampling, an integer: the same seed gives the same texts. Default 0. */
  readonly seed?: number | undefined;
  /** Whether `logProbs` are wanted. Default true; without them greedy search reads nothing but its tokens. */
  readonly outputLogProbs?: boolean | undefined;
  /**
   * Steps that greedy search may submit before it reads the tokens of the first, which hides the way to a GPU and back;
   * the texts are the same. Options that need the text itself at every step (noRepeatNgramSize, badWordsIds of several
   * tokens, repetitionPenalty, callbacks) leave it without effect, as do beams and sampling. Default: what the backend says, 1 on a GPU
   * with WebGPU, otherwise 0.
   */
  readonly runAhead?: number | undefined;
  /** Which tokens may come next, asked at every step of every sequence: constrained decoding. */
  readonly prefixAllowedTokens?: ((context: ProcessorContext) => readonly number[]) | undefined;
  /** Further changes to the scores, after the built-in ones and before those of sampling. */
  readonly logitsProcessors?: readonly LogitsProcessor[] | undefined;
  /** Ends a sequence when one of them returns true for its tokens (prompt and generated). */
  readonly stoppingCriteria?: readonly ((tokens: readonly number[]) => boolean)[] | undefined;
  /** Ids to text, needed for stopStrings. */
  readonly decode?: ((ids: readonly number[]) => string) | undefined;
  /** Stops before the next token; rejects with an AbortedError, which has the text so far. */
  readonly signal?: AbortSignal | undefined;
}

/** Every option, in the order of the documentation. */
export const optionNames: readonly (keyof GenerateOptions)[] = [
  "maxLength",
  "maxNewTokens",
  "minLength",
  "minNewTokens",
  "maxTime",
  "stopStrings",
  "earlyStopping",
  "doSample",
  "numBeams",
  "numBeamGroups",
  "diversityPenalty",
  "temperature",
  "topK",
  "topP",
  "minP",
  "typicalP",
  "epsilonCutoff",
  "etaCutoff",
  "repetitionPenalty",
  "noRepeatNgramSize",
  "badWordsIds",
  "suppressTokens",
  "beginSuppressTokens",
  "forcedBosTokenId",
  "forcedEosTokenId",
  "exponentialDecayLengthPenalty",
  "renormalizeLogits",
  "removeInvalidValues",
  "lengthPenalty",
  "lengthPenaltyFormula",
  "numReturnSequences",
  "bosTokenId",
  "eosTokenId",
  "outputScores",
  "outputLogProbs",
  "runAhead",
  "useCache",
  "seed",
  "prefixAllowedTokens",
  "logitsProcessors",
  "stoppingCriteria",
  "decode",
  "signal",
];
