import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { vocabulary } from "./bert-base-uncased.ts";
import { BertTokenizer } from "./bert-tokenizer.ts";

const path = new URL("../test-data/variants.json", import.meta.url);
const { cleaned }: { cleaned: { vocab: string[]; ids: number[][]; texts: string[] } } = JSON.parse(
  readFileSync(path, "utf8"),
);
const bert = BertTokenizer.fromVocab(vocabulary);
// Its pieces are the characters of the clean-up's patterns and few others, so that random ids hit the patterns often.
const small = BertTokenizer.fromVocab(cleaned.vocab.join("\n"));

test("the text is cleaned up as in transformers, where asked for", () => {
  const options = { cleanUpTokenizationSpaces: true };
  expect(cleaned.ids.map((ids) => small.decode(ids, options))).toEqual(cleaned.texts);
  const config = { extra: { clean_up_tokenization_spaces: true } };
  const byConfig = BertTokenizer.fromVocab(cleaned.vocab.join("\n"), { config });
  expect(cleaned.ids.map((ids) => byConfig.decode(ids))).toEqual(cleaned.texts);
});

test("special tokens are left out where asked for, and ids without a token always", () => {
  const ids = [101, 2048, 8870, 1010, 102, 30522, 0];
  expect(bert.decode(ids)).toBe("[CLS] two cats, [SEP] [PAD]");
  expect(bert.decode(ids, { skipSpecialTokens: true })).toBe("two cats,");
});

test("the pieces of an incremental decoder are what decode makes of all ids", () => {
  const id = fc.integer({ min: 0, max: cleaned.vocab.length });
  const property = fc.property(
    fc.array(id, { maxLength: 30 }),
    fc.boolean(),
    fc.boolean(),
    (ids, skipSpecialTokens, cleanUpTokenizationSpaces) => {
      const options = { skipSpecialTokens, cleanUpTokenizationSpaces };
      const decoder = small.incrementalDecoder(options);
      for (const _ of ["once", "and again"]) {
        const pieces = ids.map((next) => decoder.push(next));
        expect(pieces.join("") + decoder.finish()).toBe(small.decode(ids, options));
      }
    },
  );
  fc.assert(property, { seed: 3, numRuns: 3000 });
});

test("an incremental decoder holds back only what may change", () => {
  const ids = bert.encode("the dogs aren't blue.", { addSpecialTokens: false }).inputIds;
  const pieces = (cleanUpTokenizationSpaces: boolean) => {
    const decoder = bert.incrementalDecoder({ cleanUpTokenizationSpaces });
    return [...ids.map((id) => decoder.push(id)), decoder.finish()];
  };
  expect(pieces(false)).toEqual(["the", " dogs", " aren", " '", " t", " blue", ".", ""]);
  expect(pieces(true)).toEqual(["the", " dogs", " aren", "", "", "'t blue", ".", ""]);
});

test.each([-1, 0.5, Number.NaN, 2 ** 32])("B17: %d is no id to decode", (id) => {
  const message = `decode id 1: it is no token id, expected a whole number, 0 or above, got ${id}.`;
  expect(() => bert.decode([101, id])).toThrow(message);
  const decoder = bert.incrementalDecoder();
  expect(decoder.push(2048)).toBe("two");
  expect(() => decoder.push(id)).toThrow(message);
  expect(decoder.push(8870)).toBe(" cats");
});
