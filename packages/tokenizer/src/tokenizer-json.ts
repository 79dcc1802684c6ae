// tokenizer.json, the file of the Rust tokenizers library, as far as it describes BERT's tokenizer: a WordPiece model
// between BertNormalizer, BertPreTokenizer, a [CLS] A [SEP] template and the WordPiece decoder. Any other is refused, by
// name. Its `truncation` and `padding` are settings of the last call before it was saved, and are ignored.
import { GlimpseError, type JsonValue, type Problem, show } from "@glimpsejs/base";
import { type ConfigInit, TokenizerConfig } from "@glimpsejs/config";
import type { AddedToken } from "./added-tokens.ts";
import { maxPieces, tooManyPieces } from "./vocab-text.ts";
import { continuation, maxWordLength } from "./word-piece.ts";

/** A whole BERT tokenizer as data. */
export interface TokenizerSpec {
  /** The pieces of the vocabulary, "##" included, and their ids. */
  readonly pieces: ReadonlyMap<string, number>;
  /** Tokens that are found in the text, the special ones among them; some may be in `pieces` too. */
  readonly addedTokens: readonly AddedToken[];
  readonly config: TokenizerConfig;
}

type JsonObject = { readonly [key: string]: JsonValue };

/** Fields that BERT's tokenizer has just so; old files lack model.type and the decoder. */
const fixed: readonly {
  readonly path: readonly [string, string];
  readonly value: string | number | boolean;
  readonly optional?: true;
}[] = [
  { path: ["model", "type"], value: "WordPiece", optional: true },
  { path: ["model", "continuing_subword_prefix"], value: continuation },
  { path: ["model", "max_input_chars_per_word"], value: maxWordLength },
  { path: ["normalizer", "type"], value: "BertNormalizer" },
  { path: ["normalizer", "clean_text"], value: true },
  { path: ["pre_tokenizer", "type"], value: "BertPreTokenizer" },
  { path: ["decoder", "type"], value: "WordPiece", optional: true },
  { path: ["decoder", "prefix"], value: continuation, optional: true },
  { path: ["decoder", "cleanup"], value: true, optional: true },
];

/**
 * Reads tokenizer.json. What `config` sets goes before what the file says of the same, as in transformers.
 * Throws "invalid-tokenizer" with all problems.
 */
export function readTokenizerJson(
  json: JsonValue,
  config: ConfigInit<TokenizerConfig>,
  subject: string,
): TokenizerSpec {
  const problems: Problem[] = [];
  const report: Report = (path, problem, rest = {}) => {
    problems.push({ subject: `${subject} ${path}`, problem, ...rest });
  };
  const root = objectOr(json);
  for (const { path, value, optional } of fixed) {
    const found = objectOr(root[path[0]])[path[1]];
    if (found === value || (optional && found === undefined)) continue;
    const advice = "Glimpse reads BERT's tokenizer, which GIT uses, and no other.";
    report(path.join("."), "this is not BERT's tokenizer", { expected: show(value), got: show(found), advice });
  }
  const template = readTemplate(root["post_processor"]);
  if (template === undefined) {
    const rest = { expected: "[CLS], the text, [SEP]", got: show(root["post_processor"]) };
    report("post_processor", "this is not BERT's template", rest);
  }
  const { vocab, unk_token: unkToken } = objectOr(root["model"]);
  if (unkToken !== undefined && !isToken(unkToken)) {
    report("model.unk_token", "it is no token", { expected: "a string that is not empty", got: show(unkToken) });
  }
  const pieces = readPieces(vocab, subject, report);
  const addedTokens = readAddedTokens(root["added_tokens"] ?? [], pieces, report);

  const normalizer = objectOr(root["normalizer"]);
  const flag = (name: string, absent: boolean) => {
    const value = normalizer[name] ?? absent;
    if (typeof value === "boolean") return value;
    report(`normalizer.${name}`, "the value cannot be used", { expected: "true or false", got: show(value) });
    return absent;
  };
  const defaults = {
    doLowerCase: flag("lowercase", true),
    stripAccents: (normalizer["strip_accents"] ?? null) === null ? null : flag("strip_accents", true),
    tokenizeChineseChars: flag("handle_chinese_chars", true),
    ...(isToken(unkToken) ? { unkToken } : {}),
    ...template,
  };
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-tokenizer" });
  return { pieces, addedTokens, config: TokenizerConfig.create({ ...defaults, ...config }) };
}

type Report = (path: string, problem: string, rest?: Omit<Problem, "subject" | "problem">) => void;

/** The names of the tokens that stand around a text; undefined where something else stands there. */
function readTemplate(json: JsonValue | undefined): { clsToken?: string; sepToken?: string } | undefined {
  if (json === null || json === undefined) return {}; // transformers then puts BERT's own
  const { type, single, cls, sep } = objectOr(json);
  let around: readonly (JsonValue | undefined)[] = [];
  if (type === "BertProcessing") around = [listOr(cls)[0], listOr(sep)[0]];
  if (type === "TemplateProcessing") {
    const [before, text, after, ...more] = listOr(single).map(objectOr);
    if (objectOr(text?.["Sequence"])["id"] === "A" && more.length === 0) {
      around = [before, after].map((item) => objectOr(item?.["SpecialToken"])["id"]);
    }
  }
  const [clsToken, sepToken] = around;
  return isToken(clsToken) && isToken(sepToken) ? { clsToken, sepToken } : undefined;
}

function readPieces(vocab: JsonValue | undefined, subject: string, report: Report): Map<string, number> {
  const entries = Object.entries(objectOr(vocab));
  const expected = "an object with the id of each piece";
  if (entries.length === 0) report("model.vocab", "there are no pieces", { expected, got: show(vocab) });
  if (entries.length > maxPieces) throw tooManyPieces(`${subject} model.vocab`, String(entries.length));
  const owners = new Map<number, string>();
  const pieces = new Map<string, number>();
  for (const [piece, id] of entries) {
    const path = `model.vocab ${show(piece)}`;
    if (!isId(id)) report(path, "it has no id", { expected: "a whole number, 0 to 2^31 - 1", got: show(id) });
    else if (owners.has(id)) report(path, `its id ${id} is that of ${show(owners.get(id))} too`);
    else {
      owners.set(id, piece);
      pieces.set(piece, id);
    }
  }
  return pieces;
}

function readAddedTokens(json: JsonValue, pieces: ReadonlyMap<string, number>, report: Report): AddedToken[] {
  const list = listOr(json);
  if (list !== json) report("added_tokens", "there are no tokens", { expected: "a list of them", got: show(json) });
  const owners = new Map([...pieces].map(([piece, id]) => [id, piece]));
  return list.flatMap((item, i) => {
    const { content, id, normalized, special, single_word, lstrip, rstrip } = objectOr(item);
    const path = `added_tokens[${i}]`;
    if (!isToken(content) || !isId(id)) {
      report(path, "it is no token", { expected: "an object with content and id", got: show(item) });
      return [];
    }
    if ((owners.get(id) ?? content) !== content || (pieces.get(content) ?? id) !== id) {
      report(path, `${show(content)} and its id ${id} do not belong together in model.vocab`);
    }
    owners.set(id, content);
    const strip = { singleWord: single_word === true, lstrip: lstrip === true, rstrip: rstrip === true };
    return [{ content, id, normalized: normalized === true, special: special === true, ...strip }];
  });
}

/** Writes tokenizer.json as the library does. */
export function writeTokenizerJson(
  { pieces, addedTokens, config }: TokenizerSpec,
  clsTokenId: number,
  sepTokenId: number,
): JsonValue {
  const { clsToken, sepToken } = config;
  const token = (id: string, typeId: number) => ({ SpecialToken: { id, type_id: typeId } });
  const text = (id: string, typeId: number) => ({ Sequence: { id, type_id: typeId } });
  const single = [token(clsToken, 0), text("A", 0), token(sepToken, 0)];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...addedTokens]
      .sort((a, b) => a.id - b.id)
      .map(({ content, id, normalized, special, singleWord, lstrip, rstrip }) => {
        return { id, content, single_word: singleWord, lstrip, rstrip, normalized, special };
      }),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config.tokenizeChineseChars,
      strip_accents: config.stripAccents,
      lowercase: config.doLowerCase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, text("B", 1), token(sepToken, 1)],
      special_tokens: {
        [clsToken]: { id: clsToken, ids: [clsTokenId], tokens: [clsToken] },
        [sepToken]: { id: sepToken, ids: [sepTokenId], tokens: [sepToken] },
      },
    },
    decoder: { type: "WordPiece", prefix: continuation, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: config.unkToken,
      continuing_subword_prefix: continuation,
      max_input_chars_per_word: maxWordLength,
      vocab: Object.fromEntries(pieces),
    },
  };
}

function objectOr(json: JsonValue | undefined): JsonObject {
  return typeof json === "object" && json !== null && !isList(json) ? json : {};
}

function listOr(json: JsonValue | undefined): readonly JsonValue[] {
  return isList(json) ? json : [];
}

function isList(json: JsonValue | undefined): json is readonly JsonValue[] {
  return Array.isArray(json);
}

function isToken(value: JsonValue | undefined): value is string {
  return typeof value === "string" && value !== "";
}

function isId(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}
