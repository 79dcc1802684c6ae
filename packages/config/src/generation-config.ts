// generation_config.json: what a checkpoint says about how to generate. A field that is absent or null says nothing;
// what then holds is the reference's default, which generation knows and this file only documents.
// Fields and ranges: GenerationConfig and the logits processors of transformers 5.18, group beams from 4.57.
import {
  among,
  finite,
  flag,
  limits,
  nonNegative,
  positive,
  probability,
  setting,
  test,
  tokenId,
  tokenIdList,
  tokenIdLists,
  tokenIds,
  tuple,
  whole,
} from "./fields.ts";
import { type ConfigKind, type ConfigRecord, configKind, type Finding } from "./record.ts";

/** A field that may be left out, or be null as in files, which means the same. */
type Setting<T> = T | null | undefined;

/** Settings of generation. Reads and writes generation_config.json; only what was set is written. */
export interface GenerationConfig extends ConfigRecord {
  /** Most tokens of a text, its prompt counted and the image not. Reference default 20. */
  readonly maxLength?: Setting<number>;
  /** Most tokens to generate; goes before maxLength. */
  readonly maxNewTokens?: Setting<number>;
  /** Fewest tokens of a text, its prompt counted. Reference default 0. */
  readonly minLength?: Setting<number>;
  /** Fewest tokens to generate; goes before minLength. */
  readonly minNewTokens?: Setting<number>;
  /** Seconds after which no further token is begun. */
  readonly maxTime?: Setting<number>;
  /** Texts that end the generation when they appear. */
  readonly stopStrings?: Setting<string | readonly string[]>;
  /** When beam search stops: with as many finished texts as beams, by a heuristic (false, the default), or "never" early. */
  readonly earlyStopping?: Setting<boolean | "never">;
  /** Sampling in place of the likeliest token. Reference default false. */
  readonly doSample?: Setting<boolean>;
  /** Reference default 1, no beam search. */
  readonly numBeams?: Setting<number>;
  /** Groups of beams that are kept diverse; divides numBeams. Reference default 1. */
  readonly numBeamGroups?: Setting<number>;
  /** Taken from a score for each other group that chose the same token; above 0 with groups. Reference default 0. */
  readonly diversityPenalty?: Setting<number>;
  /** Divides the logits before sampling. Reference default 1. */
  readonly temperature?: Setting<number>;
  /** Sampling from that many likeliest tokens, 0 for all. Reference default 50. */
  readonly topK?: Setting<number>;
  /** Sampling from the likeliest tokens that make up this probability. Reference default 1, all. */
  readonly topP?: Setting<number>;
  /** Sampling from tokens at least this fraction as probable as the likeliest. */
  readonly minP?: Setting<number>;
  /** Sampling from the most typical tokens that make up this probability. Reference default 1, all. */
  readonly typicalP?: Setting<number>;
  /** Sampling from tokens above this probability. Reference default 0, all. */
  readonly epsilonCutoff?: Setting<number>;
  /** The same with a bound that falls as entropy rises. Reference default 0, all. */
  readonly etaCutoff?: Setting<number>;
  /** Divides the scores of tokens that the text has already; above 1 discourages them. Reference default 1. */
  readonly repetitionPenalty?: Setting<number>;
  /** Length of runs of tokens that may occur only once. Reference default 0, none. */
  readonly noRepeatNgramSize?: Setting<number>;
  /** Runs of tokens that are never generated. */
  readonly badWordsIds?: Setting<readonly (readonly number[])[]>;
  /** Tokens that are never generated. */
  readonly suppressTokens?: Setting<readonly number[]>;
  /** Tokens that are not generated first. */
  readonly beginSuppressTokens?: Setting<readonly number[]>;
  /** The token that is generated first. */
  readonly forcedBosTokenId?: Setting<number>;
  /** The token that is generated when the length is used up; of a list, any. */
  readonly forcedEosTokenId?: Setting<number | readonly number[]>;
  /** A pair, start and factor: the score of the end token grows by factor per token after `start` generated ones. */
  readonly exponentialDecayLengthPenalty?: Setting<readonly [number, number]>;
  /** Whether scores are normalized again after all changes. Reference default false. */
  readonly renormalizeLogits?: Setting<boolean>;
  /** Whether NaN and infinite logits are replaced. Reference default false. */
  readonly removeInvalidValues?: Setting<boolean>;
  /** A beam's score is divided by its length to this power. Reference default 1. */
  readonly lengthPenalty?: Setting<number>;
  /** Texts per picture. Reference default 1. */
  readonly numReturnSequences?: Setting<number>;
  /** The token that a text without a prompt begins with; of GIT 101, [CLS]. */
  readonly bosTokenId?: Setting<number>;
  /** The token that ends a text, or several of which any does; of GIT 102, [SEP]. */
  readonly eosTokenId?: Setting<number | readonly number[]>;
  /** The token that fills up shorter texts; of GIT 0, [PAD]. */
  readonly padTokenId?: Setting<number>;
  /** Whether the processed scores of every step are returned. Reference default false. */
  readonly outputScores?: Setting<boolean>;
  /** Whether the model's own logits of every step are returned. Reference default false. */
  readonly outputLogits?: Setting<boolean>;
  /** Whether the attentions of every step are returned. Reference default false. */
  readonly outputAttentions?: Setting<boolean>;
  /** Whether the hidden states of every step are returned. Reference default false. */
  readonly outputHiddenStates?: Setting<boolean>;
  /** Whether keys and values are kept between steps. Reference default true. */
  readonly useCache?: Setting<boolean>;
}

const on = setting(flag);
const length = (min: number) => setting(whole(min, limits.positions));
const belowOne = test<number>((x) => typeof x === "number" && x >= 0 && x < 1, "a number from 0 to below 1");
const upToOne = test<number>((x) => typeof x === "number" && x > 0 && x <= 1, "a number above 0, up to 1");

/**
 * Makes, reads and writes generation configs. Besides what {@link ConfigKind} says: `create` also serves to check
 * options merged over a file's settings. Ids are not compared with a vocabulary, nor lengths with a model's positions;
 * both are the model's business.
 */
export const GenerationConfig: ConfigKind<GenerationConfig> = configKind<GenerationConfig>(
  "GenerationConfig",
  "generation_config.json",
  {
    fields: {
      maxLength: length(1),
      maxNewTokens: length(1),
      minLength: length(0),
      minNewTokens: length(0),
      maxTime: setting(positive),
      stopStrings: setting(
        test(
          (x) => isText(x) || (Array.isArray(x) && x.length > 0 && x.every(isText)),
          "a string or a list of strings, none of them empty",
        ),
      ),
      earlyStopping: setting(among<boolean | "never">([true, false, "never"], 'true, false or "never"')),
      doSample: on,
      numBeams: setting(whole(1, limits.beams)),
      numBeamGroups: setting(whole(1, limits.beams)),
      diversityPenalty: setting(nonNegative),
      temperature: setting(positive),
      topK: setting(whole(0, limits.vocabulary)),
      topP: setting(probability),
      minP: setting(probability),
      typicalP: setting(upToOne),
      epsilonCutoff: setting(belowOne),
      etaCutoff: setting(belowOne),
      repetitionPenalty: setting(positive),
      noRepeatNgramSize: length(0),
      badWordsIds: setting(tokenIdLists),
      suppressTokens: setting(tokenIdList),
      beginSuppressTokens: setting(tokenIdList),
      forcedBosTokenId: setting(tokenId),
      forcedEosTokenId: setting(tokenIds),
      exponentialDecayLengthPenalty: setting(
        tuple([whole(0, limits.positions), positive], "a pair: a whole number and a factor above 0"),
      ),
      renormalizeLogits: on,
      removeInvalidValues: on,
      lengthPenalty: setting(finite),
      numReturnSequences: setting(whole(1, limits.beams)),
      bosTokenId: setting(tokenId),
      eosTokenId: setting(tokenIds),
      padTokenId: setting(tokenId),
      outputScores: on,
      outputLogits: on,
      outputAttentions: on,
      outputHiddenStates: on,
      useCache: on,
    },
    check: (settings) => [...sequences(settings), ...beamGroups(settings), ...forcedTokens(settings)],
  },
);

function sequences({ numReturnSequences, numBeams, doSample }: Partial<GenerationConfig>): Finding[] {
  const wanted = numReturnSequences ?? 1;
  const beams = numBeams ?? 1;
  if (wanted <= beams || (beams === 1 && doSample)) return [];
  const problem = "the search does not find so many texts";
  const advice = beams === 1 ? "Raise the number of beams, or sample." : "Raise the number of beams.";
  return [{ path: ["numReturnSequences"], problem, expected: `at most ${beams}`, got: String(wanted), advice }];
}

function beamGroups({ numBeamGroups, numBeams, diversityPenalty }: Partial<GenerationConfig>): Finding[] {
  const groups = numBeamGroups ?? 1;
  const beams = numBeams ?? 1;
  const findings: Finding[] = [];
  if (beams % groups !== 0) {
    const expected = `a divisor of ${beams}`;
    findings.push({
      path: ["numBeamGroups"],
      problem: "the beams cannot be shared out evenly",
      expected,
      got: String(groups),
    });
  }
  if (groups > 1 && !diversityPenalty) {
    const problem = "without it all groups of beams find the same";
    findings.push({ path: ["diversityPenalty"], problem, expected: "a number above 0", got: String(diversityPenalty) });
  }
  return findings;
}

function isText(x: unknown): boolean {
  return typeof x === "string" && x !== "";
}

/** A token that is forced and suppressed leaves no token at all. */
function forcedTokens({ suppressTokens, forcedBosTokenId, forcedEosTokenId }: Partial<GenerationConfig>): Finding[] {
  return Object.entries({ forcedBosTokenId, forcedEosTokenId }).flatMap(([name, forced]) => {
    const ids = [forced ?? []].flat();
    if (ids.length === 0 || !ids.every((id) => suppressTokens?.includes(id))) return [];
    return [{ path: [name], problem: "every forced token is suppressed", advice: "Drop it from one of the two." }];
  });
}
