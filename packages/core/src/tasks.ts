// What the calls of Git take and give. No behaviour but the lists of option names.
import type { ExplainedWord } from "./explain/heat-maps.ts";
import { type GenerateOptions, optionNames } from "./generation/options.ts";
import type { Preset } from "./presets.ts";
import type { ClipSubject } from "./subject.ts";
import type { Trunk } from "./trunk.ts";

/** What every call of Git is about: whatever the platform calls a picture, a clip, an array of one of them, or a trunk. */
export type Subject = unknown | ClipSubject | Trunk;

/**
 * Options of caption(), answer() and stream(): those of generate() that one text has a use for. `maxNewTokens` is 50
 * here, or as many as the model has positions for; a text ends at [SEP].
 */
export interface TaskOptions
  extends Omit<
    GenerateOptions,
    "bosTokenId" | "eosTokenId" | "numReturnSequences" | "outputScores" | "outputLogProbs" | "decode"
  > {
  /** "hf", what transformers does (default), or "paper", what the authors' code does; options given here go before it. */
  readonly preset?: Preset | undefined;
}

/** Options of stream(). */
export interface StreamOptions extends TaskOptions {
  /** Answer this question instead of captioning. */
  readonly question?: string | undefined;
}

/** Options of stream() over a live source. */
export interface LiveOptions extends StreamOptions {
  /** Frames that the model sees at a time. Default: as many as it has temporal embeddings for. */
  readonly window?: number | undefined;
}

/** One text about the newest frames of a live source. */
export interface LiveText extends TextResult {
  /** Numbers in the source, from 0, of the frames that it is about, oldest first. */
  readonly frames: readonly number[];
  /** Frames that came since the text before and were passed over. */
  readonly skipped: number;
}

/** Options of encode(). */
export interface EncodeTaskOptions {
  /** Prepares the picture as the preset does; "paper" makes clips and pictures for questions differently. */
  readonly preset?: Preset | undefined;
  /** Whether questions will be asked, which matters for "paper". Default false. */
  readonly forQuestion?: boolean | undefined;
  /** Takes the call out of the queue, or stops it; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/** What explain() returns. */
export interface ExplainedText extends TextResult {
  /** The words of the text in their order. */
  readonly words: readonly ExplainedWord[];
}

/** Options of score(), rank() and classify(). */
export interface ScoreOptions {
  /** Score the texts as answers to this question instead of as captions. */
  readonly question?: string | undefined;
  /** Takes the call out of the queue, or stops it; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/** One generated text. */
export interface TextResult {
  /** The tokens decoded, without special ones. */
  readonly text: string;
  /** The generated ids, the closing [SEP] included where there is one. */
  readonly tokens: readonly number[];
  /** Sum of the log-probabilities of `tokens`, in nats. */
  readonly logProb: number;
  /** What the search ranked by; for greedy search logProb per token. */
  readonly score: number;
}

const generateOnly: readonly string[] = [
  "bosTokenId",
  "eosTokenId",
  "numReturnSequences",
  "outputScores",
  "outputLogProbs",
  "decode",
];

/** Every option of encode(). */
export const encodeOptionNames: readonly string[] = ["preset", "forQuestion", "signal"];

/** Every option of caption() and answer(). */
export const taskOptionNames: readonly string[] = [
  ...optionNames.filter((name) => !generateOnly.includes(name)),
  "preset",
];
