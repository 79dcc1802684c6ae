// The options of the tokenizer's calls and the one place where they are checked. An option that is unknown, of a wrong
// type or impossible is an "invalid-argument" error; all problems of one call are told at once.
import { GlimpseError, nearestName, type Problem, show } from "@glimpsejs/base";
import type { ConfigInit, Side, TokenizerConfig } from "@glimpsejs/config";

/** Options of the two ways to make a {@link BertTokenizer}. */
export interface TokenizerOptions {
  /** tokenizer_config.json. Default: TokenizerConfig's defaults, or what tokenizer.json says. */
  readonly config?: ConfigInit<TokenizerConfig> | undefined;
  /** The file's name or path, with which its errors begin. Default "vocab.txt" or "tokenizer.json". */
  readonly subject?: string | undefined;
}

/** Options of encode and encodeBatch. */
export interface EncodeOptions {
  /** Whether [CLS] and [SEP] go around the text. Default true. */
  readonly addSpecialTokens?: boolean | undefined;
  /** Whether a text of more than `maxLength` tokens is cut, on the config's truncationSide. Default false. */
  readonly truncation?: boolean | undefined;
  /** Tokens, special ones included, of truncation and of padding "maxLength". Default: the config's modelMaxLength. */
  readonly maxLength?: number | undefined;
  /** What rows are padded to: nothing, the longest of the batch, or `maxLength`. Default false. */
  readonly padding?: false | "longest" | "maxLength" | undefined;
  /** The side on which padding is added. Default: the config's paddingSide. */
  readonly paddingSide?: Side | undefined;
}

/** Options of decode. */
export interface DecodeOptions {
  /** Whether special tokens are left out. Default false. */
  readonly skipSpecialTokens?: boolean | undefined;
  /**
   * Whether spaces before punctuation and in contractions are removed from the whole text: "do n't" becomes "don't".
   * Spaces before `.`, `,`, `!` and `?` are removed in any case, by the decoder that BERT's tokenizer.json names.
   * Default: clean_up_tokenization_spaces of tokenizer_config.json, which is false where it is absent.
   */
  readonly cleanUpTokenizationSpaces?: boolean | undefined;
}

/** What encode does, as numbers. */
export interface EncodePlan {
  readonly addSpecialTokens: boolean;
  /** Most tokens of a row; undefined for any number. */
  readonly truncateTo: number | undefined;
  /** Tokens of a padded row; undefined for no padding. */
  readonly padTo: number | "longest" | undefined;
  readonly paddingSide: Side;
}

/** What decode does. */
export interface DecodePlan {
  readonly skipSpecialTokens: boolean;
  readonly cleanUpTokenizationSpaces: boolean;
}

interface Rule {
  readonly expected: string;
  allows(value: unknown): boolean;
}

// No model reads rows of this length; without a limit, a wrong number would take all memory.
const maxPadded = 1_000_000;

const encodeRules: Readonly<Record<keyof EncodeOptions, Rule>> = {
  addSpecialTokens: oneOf(true, false),
  truncation: oneOf(true, false),
  maxLength: {
    expected: "a whole number, 1 or above",
    allows: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  },
  padding: oneOf(false, "longest", "maxLength"),
  paddingSide: oneOf("left", "right"),
};

const tokenizerRules: Readonly<Record<keyof TokenizerOptions, Rule>> = {
  config: { expected: "an object", allows: (value) => typeof value === "object" && value !== null },
  subject: { expected: "a string", allows: (value) => typeof value === "string" },
};

const decodeRules: Readonly<Record<keyof DecodeOptions, Rule>> = {
  skipSpecialTokens: oneOf(true, false),
  cleanUpTokenizationSpaces: oneOf(true, false),
};

/** Checks the options of fromVocab and fromTokenizerJson; the config is checked where it is filled in. */
export function checkTokenizerOptions(options: TokenizerOptions): void {
  check("tokenizer", options, tokenizerRules);
}

/** Checks the options of encode and settles what they leave open. */
export function encodePlan(options: EncodeOptions, config: TokenizerConfig): EncodePlan {
  check("encode", options, encodeRules);
  const { addSpecialTokens = true, truncation = false, maxLength, padding = false } = options;
  const padded = padding === "maxLength";
  // Files write "no limit" as 1e30; transformers takes everything above 1e20 for it.
  const limit = maxLength ?? (config.modelMaxLength < 1e20 ? config.modelMaxLength : undefined);
  const problems: Problem[] = [];
  const problem = (option: string, text: string, rest: Omit<Problem, "subject" | "problem"> = {}) =>
    problems.push({ subject: `encode option ${show(option)}`, problem: text, ...rest });
  if ((truncation || padded) && limit === undefined) {
    const option = truncation ? "truncation" : "padding";
    problem(option, "this tokenizer has no modelMaxLength", { advice: "Set maxLength too." });
  }
  if (maxLength !== undefined && !truncation && !padded) {
    problem("maxLength", "it does nothing alone", { advice: 'Set truncation: true, or padding: "maxLength".' });
  }
  if (truncation && addSpecialTokens && limit !== undefined && limit < 2) {
    const got = String(limit);
    problem("maxLength", "there is no room for [CLS] and [SEP]", { expected: "2 or above", got });
  }
  if (padded && limit !== undefined && limit > maxPadded) {
    const got = String(limit);
    problem("maxLength", "the padding would be too long", { expected: `at most ${maxPadded}`, got });
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });

  return {
    addSpecialTokens,
    truncateTo: truncation ? limit : undefined,
    padTo: padded ? limit : padding || undefined,
    paddingSide: options.paddingSide ?? config.paddingSide,
  };
}

/** Checks the options of decode and fills in the defaults. */
export function decodePlan(options: DecodeOptions, cleanUpTokenizationSpaces: boolean): DecodePlan {
  check("decode", options, decodeRules);
  return {
    skipSpecialTokens: options.skipSpecialTokens ?? false,
    cleanUpTokenizationSpaces: options.cleanUpTokenizationSpaces ?? cleanUpTokenizationSpaces,
  };
}

function check(call: string, options: object, rules: Readonly<Record<string, Rule>>): void {
  if (typeof options !== "object" || options === null) {
    throw new GlimpseError(
      { subject: `${call} options`, problem: "they are no object", got: show(options) },
      { code: "invalid-argument" },
    );
  }
  const problems = Object.entries(options).flatMap(([name, value]): Problem[] => {
    const subject = `${call} option ${show(name)}`;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const names = Object.keys(rules);
      const nearest = nearestName(name, names);
      const advice = nearest === undefined ? `The options are ${names.join(", ")}.` : `Did you mean ${show(nearest)}?`;
      return [{ subject, problem: "there is no such option", advice }];
    }
    if (value === undefined || rule.allows(value)) return [];
    return [{ subject, problem: "the value cannot be used", expected: rule.expected, got: show(value) }];
  });
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}

function oneOf(...values: readonly (string | boolean)[]): Rule {
  return {
    expected: values.map((value) => show(value)).join(" or "),
    allows: (value) => values.some((v) => v === value),
  };
}
