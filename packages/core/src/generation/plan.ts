// From the options of generate() to what generation does: defaults filled in, everything checked before anything runs.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import type { GenerationConfig, GitConfig } from "@glimpsejs/config";
import { unknownOptions } from "../options.ts";

/** Options of generate(); unset ones come from generation_config.json, then from the reference. */
export interface GenerateOptions {
  /** Most tokens of a sequence, its prompt counted and the image not. Default 20 (the reference's). */
  readonly maxLength?: number | undefined;
  /** Most tokens to generate; overrides maxLength. */
  readonly maxNewTokens?: number | undefined;
  /** Token or tokens that end a sequence; null for none. */
  readonly eosTokenId?: number | readonly number[] | null | undefined;
  /** False recomputes the whole text at every step; slower, for checks. Default true. */
  readonly useCache?: boolean | undefined;
  /** Also return the logits of every step. Default false. */
  readonly outputScores?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one generation does, everything decided. */
export interface GenerationPlan {
  /** Most tokens to generate for a prompt of `promptLength` tokens; at least 0. */
  readonly maxNewTokens: (promptLength: number) => number;
  readonly eosTokenIds: ReadonlySet<number>;
  readonly useCache: boolean;
  readonly outputScores: boolean;
  readonly signal: AbortSignal | undefined;
}

const optionNames = ["maxLength", "maxNewTokens", "eosTokenId", "useCache", "outputScores", "signal"] as const;

/** Fields of generation_config.json that greedy search cannot carry out unless they have the value that says nothing. */
const neutral = {
  doSample: false,
  numBeams: 1,
  numBeamGroups: 1,
  numReturnSequences: 1,
  minLength: 0,
  minNewTokens: 0,
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
} as const satisfies Partial<Record<keyof GenerationConfig, unknown>>;

/**
 * Checks `options` and fills in what they leave open. Throws one "invalid-argument" error that lists every unknown
 * option (with the nearest name) and every impossible value, or "unsupported" for a generation_config.json that asks
 * for a search this version does not have.
 */
export function planGeneration(
  options: GenerateOptions,
  defaults: GenerationConfig,
  config: GitConfig,
): GenerationPlan {
  const problems = unknownOptions(options, optionNames);
  const { maxNewTokens, maxLength } = options;
  for (const [name, value, least] of [
    ["maxNewTokens", maxNewTokens, 0],
    ["maxLength", maxLength, 1],
  ] as const) {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= config.maxPositionEmbeddings))
      continue;
    const expected = `a whole number from ${least} to ${config.maxPositionEmbeddings}, the positions the model has`;
    problems.push({ subject: `option "${name}"`, problem: "the value is out of range", expected, got: show(value) });
  }
  const eos = options.eosTokenId === undefined ? (defaults.eosTokenId ?? config.eosTokenId) : options.eosTokenId;
  const eosTokenIds = eos === null || eos === undefined ? [] : typeof eos === "number" ? [eos] : eos;
  for (const id of eosTokenIds) {
    if (Number.isInteger(id) && id >= 0 && id < config.vocabSize) continue;
    problems.push({
      subject: 'option "eosTokenId"',
      problem: "it is not a token",
      expected: `0 to ${config.vocabSize - 1}`,
      got: show(id),
    });
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  checkDefaults(defaults);
  return {
    maxNewTokens: newTokenLimit(options, defaults, config),
    eosTokenIds: new Set(eosTokenIds),
    useCache: options.useCache ?? true,
    outputScores: options.outputScores ?? false,
    signal: options.signal,
  };
}

function checkDefaults(defaults: GenerationConfig): void {
  const problems = Object.entries(neutral).flatMap(([name, value]): Problem[] => {
    const set = defaults[name as keyof typeof neutral];
    if (set === undefined || set === null || set === value) return [];
    return [
      {
        subject: `generation_config.json ${name}`,
        problem: "greedy search cannot carry it out",
        expected: show(value),
        got: show(set),
      },
    ];
  });
  if (problems.length > 0) throw new GlimpseError(problems, { code: "unsupported" });
}

/** The limit by precedence: maxNewTokens, maxLength, the same of generation_config.json, 20 tokens in all. */
function newTokenLimit(
  options: GenerateOptions,
  defaults: GenerationConfig,
  config: GitConfig,
): (promptLength: number) => number {
  const positions = config.maxPositionEmbeddings;
  const fixed =
    options.maxNewTokens ?? (options.maxLength === undefined ? (defaults.maxNewTokens ?? undefined) : undefined);
  const total = options.maxLength ?? defaults.maxLength ?? 20;
  return (promptLength) => {
    const limit = fixed ?? Math.max(0, total - promptLength);
    // The last generated token is never fed, so it needs no position.
    if (promptLength + limit - 1 > positions || promptLength > positions) {
      throw new GlimpseError(
        {
          subject: "generate()",
          problem: "the text would be longer than the positions the model has",
          expected: `at most ${positions} tokens`,
          got: `${promptLength} of the prompt and ${limit} new ones`,
          advice: "Shorten the prompt or lower maxNewTokens.",
        },
        { code: "invalid-argument" },
      );
    }
    return limit;
  };
}
