// How refusals read: files by the name that the caller gave, arguments of a wrong type as typed errors.
import { GlimpseError } from "@glimpsejs/base";
import { expect, test } from "vitest";
import { vocabulary } from "./bert-base-uncased.ts";
import { BertTokenizer } from "./bert-tokenizer.ts";

const bert = BertTokenizer.fromVocab(vocabulary);
const tiny = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n";

test("B16: every error of a file begins with its subject", () => {
  const begins = (subject: string, load: () => unknown) => {
    try {
      load();
    } catch (error) {
      if (!GlimpseError.isInstance(error, "invalid-tokenizer")) throw error;
      for (const problem of error.problems) expect(problem.subject.startsWith(subject), error.message).toBe(true);
      return;
    }
    throw new Error("the file was not refused");
  };
  const vocab = "/models/x/vocab.txt";
  for (const source of [`${tiny}a\n`, "a\n", new Uint8Array([0xff])]) {
    begins(vocab, () => BertTokenizer.fromVocab(source, { subject: vocab }));
  }
  const subject = "/models/x/tokenizer.json";
  const good = () => JSON.parse(JSON.stringify(BertTokenizer.fromVocab(tiny).toTokenizerJson()));
  const { model } = good();
  const noToken = { id: "" };
  const single = [{ SpecialToken: noToken }, { Sequence: { id: "A" } }, { SpecialToken: noToken }];
  const tooMany = Object.fromEntries(Array.from({ length: 1_000_001 }, (_, i) => [`x${i}`, i]));
  for (const json of [
    null,
    [],
    { ...good(), normalizer: { ...good().normalizer, lowercase: 5 } },
    { ...good(), added_tokens: 5 },
    { ...good(), added_tokens: [5, { content: "a", id: 6 }] },
    { ...good(), added_tokens: [{ content: "x".repeat(1001), id: 9 }] },
    { ...good(), post_processor: { type: "TemplateProcessing", single } },
    { ...good(), model: { ...model, unk_token: "" } },
    { ...good(), model: { ...model, unk_token: "[UNKNOWN]" } },
    { ...good(), model: { ...model, vocab: { a: 0, b: 0, c: -1 } } },
    { ...good(), model: { ...model, vocab: tooMany } },
  ]) {
    begins(subject, () => BertTokenizer.fromTokenizerJson(json, { subject }));
  }
});

test("B17: arguments of a wrong type are typed errors", () => {
  const wrong = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      if (GlimpseError.isInstance(error, "invalid-argument")) return expect(error.message);
      throw error;
    }
    throw new Error("it was accepted");
  };
  const five = JSON.parse("5");
  const nothing = JSON.parse("null");
  const text = JSON.parse('"ab"');
  wrong(() => bert.encode(five)).toContain(
    "text 0: it cannot be encoded, expected a string or an array of strings, got 5.",
  );
  wrong(() => bert.encode(JSON.parse("{}").missing)).toContain("got undefined");
  wrong(() => bert.encode("a", nothing)).toBe("encode options: they are no object, got null.");
  wrong(() => bert.encodeBatch(text)).toBe('texts: they are no list, got "ab". Put one text into [ ].');
  wrong(() => bert.encodeBatch(nothing)).toContain("texts: they are no list, got null.");
  wrong(() => bert.decode(text)).toBe('decode: it takes token ids, expected an array of them, got "ab".');
  wrong(() => bert.decode(five)).toContain("got 5.");
  wrong(() => bert.decode(nothing)).toContain("got null.");
  wrong(() => bert.decode(JSON.parse("[[1]]"))).toContain("decode id 0: it is no token id");
  wrong(() => bert.decode([1], nothing)).toBe("decode options: they are no object, got null.");
  wrong(() => bert.incrementalDecoder().push(text)).toContain("it is no token id");
  wrong(() => BertTokenizer.fromVocab(five, { subject: "x/vocab.txt" })).toBe(
    "x/vocab.txt: the vocabulary is of the wrong kind, expected its text, or UTF-8 bytes in a Uint8Array, got 5.",
  );
  wrong(() => BertTokenizer.fromVocab(tiny, nothing)).toBe("tokenizer options: they are no object, got null.");
});
