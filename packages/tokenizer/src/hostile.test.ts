// Inputs that are meant to hurt: groups B16 and B17. What decode refuses is in decoder.test.ts, what
// no type would allow in refusals.test.ts.
import { GlimpseError, type JsonValue, parseJson } from "@glimpsejs/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vocabulary } from "./bert-base-uncased.ts";
import { BertTokenizer } from "./bert-tokenizer.ts";

const bert = BertTokenizer.fromVocab(vocabulary);
const tiny = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n";
const bytes = (text: string) => new TextEncoder().encode(text);

describe("vocab.txt", () => {
  const expected = BertTokenizer.fromVocab(tiny).toTokenizerJson();
  const same = (source: string | Uint8Array) =>
    expect(BertTokenizer.fromVocab(source).toTokenizerJson()).toEqual(expected);
  const refused = (source: string | Uint8Array) => {
    try {
      BertTokenizer.fromVocab(source, { subject: "model/vocab.txt" });
    } catch (error) {
      if (GlimpseError.isInstance(error, "invalid-tokenizer")) return expect(error.message);
      throw error;
    }
    throw new Error("the vocabulary was not refused");
  };

  test("B16: CRLF, no line break at the end, several at the end", () => {
    same(tiny.replaceAll("\n", "\r\n"));
    same(tiny.trimEnd());
    same(`${tiny}\n\r\n\n`);
    same(bytes(tiny));
  });

  test("B16: byte order mark", () => {
    same(`\ufeff${tiny}`);
    same(bytes(`\ufeff${tiny}`));
  });

  test("B16: duplicates", () => {
    const message = 'model/vocab.txt line 8: the piece is a duplicate, got "a" of line 6 again.';
    refused(`${tiny}a\n`).toBe(message);
    refused(`${tiny}a\n##b\n`).toMatch(/^2 problems:\n.*line 8.*\n.*line 9/);
  });

  test("B16: missing special tokens, all named at once", () => {
    const advice = "If this vocabulary calls it otherwise, set sep_token in tokenizer_config.json.";
    refused(tiny.replace("[SEP]", "x")).toBe(`model/vocab.txt: the token "[SEP]" is missing. ${advice}`);
    refused("a\nb\n").toMatch(/^4 problems:.*"\[CLS\]".*"\[SEP\]".*"\[PAD\]".*"\[UNK\]"/s);
    refused("").toContain('"[UNK]" is missing');
  });

  test("B16: a million lines, and more", () => {
    const lines = Array.from({ length: 1_000_000 - 7 }, (_, i) => `x${i}\n`).join("");
    expect(BertTokenizer.fromVocab(tiny + lines).vocabSize).toBe(1_000_000);
    const message =
      "model/vocab.txt: the vocabulary is too large, expected at most 1000000 pieces, got more than 1000000.";
    refused(`${tiny}${lines}last`).toBe(message);
  });

  test("B16: bytes that are no text", () => {
    refused(new Uint8Array([0x61, 0xff, 0x0a])).toBe("model/vocab.txt: the text is not valid UTF-8.");
  });
});

describe("tokenizer.json", () => {
  const good = (): Record<string, unknown> =>
    JSON.parse(JSON.stringify(BertTokenizer.fromVocab(tiny).toTokenizerJson()));
  const load = (json: unknown) => () =>
    BertTokenizer.fromTokenizerJson(parseJson(JSON.stringify(json), "tokenizer.json"));

  test("B16: of another model", () => {
    const gpt2 = {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel" },
      post_processor: { type: "ByteLevel" },
      decoder: { type: "ByteLevel" },
      model: { type: "BPE", vocab: { a: 0 }, merges: [] },
    };
    const advice = "Glimpse reads BERT's tokenizer, which GIT uses, and no other.";
    const notBert = (path: string, rest: string) =>
      `tokenizer.json ${path}: this is not BERT's tokenizer, expected ${rest}`;
    expect(load(gpt2)).toThrow(notBert("model.type", `"WordPiece", got "BPE". ${advice}`));
    expect(load(gpt2)).toThrow(notBert("pre_tokenizer.type", `"BertPreTokenizer", got "ByteLevel". ${advice}`));
    expect(load(gpt2)).toThrow(notBert("normalizer.type", `"BertNormalizer", got undefined. ${advice}`));
    expect(load(gpt2)).toThrow(
      "tokenizer.json post_processor: this is not BERT's template, expected [CLS], the text, [SEP]",
    );
    expect(load(gpt2)).toThrow(/^8 problems:/);
  });

  test.each<[string, JsonValue, string]>([
    ["model", { ...Object(good()["model"]), vocab: ["a", "b"] }, "model.vocab: there are no pieces"],
    ["model", { ...Object(good()["model"]), vocab: { a: 1, b: 1 } }, 'model.vocab "b": its id 1 is that of "a" too'],
    [
      "model",
      { ...Object(good()["model"]), vocab: { a: -1 } },
      'model.vocab "a": it has no id, expected a whole number',
    ],
    ["model", { ...Object(good()["model"]), max_input_chars_per_word: 1e9 }, "expected 100, got 1000000000"],
    ["model", { ...Object(good()["model"]), unk_token: "[UNKNOWN]" }, 'the token "[UNKNOWN]" is missing'],
    [
      "normalizer",
      { ...Object(good()["normalizer"]), lowercase: "yes" },
      'lowercase: the value cannot be used, expected true or false, got "yes"',
    ],
    ["post_processor", { type: "TemplateProcessing", single: [] }, "post_processor: this is not BERT's template"],
    ["post_processor", { type: "BertProcessing", sep: ["</s>", 3], cls: ["[CLS]", 2] }, 'the token "</s>" is missing'],
    ["added_tokens", {}, "added_tokens: there are no tokens, expected a list of them, got {}"],
    ["added_tokens", [{ content: "", id: 7 }], "added_tokens[0]: it is no token"],
    [
      "added_tokens",
      [{ content: "a", id: 6 }],
      'added_tokens[0]: "a" and its id 6 do not belong together in model.vocab',
    ],
    [
      "added_tokens",
      [{ content: "x".repeat(1001), id: 9 }],
      "expected at most 10000 of at most 1000 characters, got 1001",
    ],
    [
      "added_tokens",
      Array.from({ length: 10_001 }, (_, i) => ({ content: `x${i}`, id: 9 + i })),
      "expected at most 10000",
    ],
  ])("B16: a wrong %s: %#", (key, value, message) => {
    expect(load({ ...good(), [key]: value })).toThrow(message);
  });

  test("B16: as many added tokens as there may be are found", () => {
    const many = Array.from({ length: 9_995 }, (_, i) => ({ content: `<${i}>`, id: 9 + i }));
    const tokenizer = load({ ...good(), added_tokens: many })();
    expect(tokenizer.encode("a<9994><7>a").inputIds).toEqual([2, 5, 10003, 16, 5, 3]);
  });

  test("B16: files of older libraries", () => {
    const model = { ...Object(good()["model"]), type: undefined };
    const post_processor = { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] };
    const old = { ...good(), model, post_processor, decoder: null };
    expect(load(old)().toTokenizerJson()).toEqual(good());
  });

  test("B16: a token named __proto__ is a token", () => {
    const text = JSON.stringify(good()).replace('"a":5', '"__proto__":5');
    const tokenizer = BertTokenizer.fromTokenizerJson(parseJson(text, "tokenizer.json"));
    expect(tokenizer.tokenToId("__proto__")).toBe(5);
    expect(tokenizer.tokenToId("constructor")).toBeUndefined();
    expect(JSON.stringify(tokenizer.toTokenizerJson())).toContain('"__proto__":5');
  });

  test("B16: any JSON is read or refused with a GlimpseError", () => {
    const key = fc.constantFrom(
      "model",
      "normalizer",
      "pre_tokenizer",
      "post_processor",
      "decoder",
      "added_tokens",
      "x",
    );
    const inner = fc.constantFrom("type", "vocab", "lowercase", "single", "cleanup", "unk_token", "id", "content");
    const value = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(inner, fc.jsonValue()),
      fc.array(fc.dictionary(inner, fc.jsonValue())),
    );
    const property = fc.property(fc.dictionary(key, value, { maxKeys: 2 }), (changes) => {
      try {
        const tokenizer = load({ ...good(), ...changes })();
        expect(tokenizer.encode("a ab[SEP]").inputIds).toHaveLength(6);
      } catch (error) {
        if (!GlimpseError.isInstance(error)) throw error;
      }
    });
    fc.assert(property, { seed: 3, numRuns: 500 });
  });
});

describe("texts", () => {
  test("B17: empty, and what is nothing after cleaning", () => {
    for (const text of [
      "",
      " \t\r\n",
      "\0\x07\ufffd\u200b\u200d\ufeff\u00ad\ue000",
      "\ud800",
      "\udc00\ud800",
      [],
      [""],
    ]) {
      expect(bert.encode(text)).toEqual({ inputIds: [101, 102], attentionMask: [1, 1] });
    }
    expect(bert.encodeBatch([], { padding: "longest" })).toEqual({ inputIds: [], attentionMask: [] });
  });

  test("B17: lone surrogates, zero width and control characters go; right to left, Thai and Chinese stay", () => {
    const tokens = (text: string) =>
      bert.encode(text, { addSpecialTokens: false }).inputIds.map((id) => bert.idToToken(id));
    expect(tokens("c\ud83dat \udc4dca\0t\u200bs")).toEqual(["cat", "cats"]);
    expect(tokens("\u202eעם")).toEqual(["ע", "##ם"]);
    expect(tokens("中文cat")).toEqual(["中", "文", "cat"]);
    expect(tokens("a\u{20000}b")).toEqual(["a", "[UNK]", "b"]);
    expect(tokens("กา")).toEqual(["ก", "##า"]);
  });

  test("B17: a word of 100 code points is read, a longer one is unknown, a word of 100,000 at once", () => {
    const count = (text: string) => bert.encode(text, { addSpecialTokens: false }).inputIds;
    expect(count("a".repeat(100)).length).toBeGreaterThan(10);
    expect(count("a".repeat(101))).toEqual([100]);
    expect(count("x".repeat(100_000))).toEqual([100]);
    const pair = "\u{10348}"; // two UTF-16 units
    const gothic = BertTokenizer.fromVocab(`${tiny}${pair}\n##${pair}\n`);
    expect(gothic.encode(pair.repeat(100)).inputIds).toEqual([2, 7, ...new Array<number>(99).fill(8), 3]);
    expect(gothic.encode(pair.repeat(101)).inputIds).toEqual([2, 1, 3]);
  });

  // What takes more than linear time does not end in time: ordering so many marks in the engine's NFD takes a minute.
  test.each([
    ["letters", "a"],
    ["words of 99 letters", `${"a".repeat(99)} `],
    ["words", "unaffable cats "],
    ["precomposed letters", "é"],
    ["marks of two classes", "\u0301\u0316"],
    ["marks of two classes that stay", "\u302e\u{1d165}"],
    ["punctuation", "!"],
    ["spaces", " "],
    ["Chinese", "中"],
    ["special tokens", "[CLS]"],
    ["beginnings of special tokens", "[CL"],
    ["lone surrogates", "\ud800"],
  ])("B17: a megabyte of %s", (_, unit) => {
    const text = unit.repeat(1_000_000 / bytes(unit).length);
    expect(bert.encode(text, { truncation: true, maxLength: 8 }).inputIds.length).toBeLessThanOrEqual(8);
  });

  test("B17: any text has ids of the vocabulary, and what is cut off does not change what stays", () => {
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)),
      fc.string({ unit: "binary" }),
    );
    const known = fc.constantFrom("[CLS]", "[SEP", "##", "cat", "'s", " ", "É", "Σ", "\u0301", "\u302e", "中");
    const text = fc.array(fc.oneof(unit, known), { maxLength: 40 }).map((parts) => parts.join(""));
    const property = fc.property(text, fc.integer({ min: 2, max: 20 }), (input, maxLength) => {
      const { inputIds, attentionMask } = bert.encode(input);
      expect(inputIds.every((id) => bert.idToToken(id) !== undefined)).toBe(true);
      expect(attentionMask).toHaveLength(inputIds.length);
      const cut = bert.encode(input, { truncation: true, maxLength }).inputIds;
      expect(cut).toEqual(inputIds.length <= maxLength ? inputIds : [...inputIds.slice(0, maxLength - 1), 102]);
      // Each piece gives text; the clean-up takes spaces only.
      expect(bert.decode(inputIds).length).toBeGreaterThanOrEqual(inputIds.length);
    });
    fc.assert(property, { seed: 3, numRuns: 500 });
  });
});
