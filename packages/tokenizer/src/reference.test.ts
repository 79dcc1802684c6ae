import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BertTokenizer } from "./bert-tokenizer.ts";

interface Row {
  readonly text: string;
  readonly ids: number[];
  readonly ids_no_special: number[];
  readonly decoded: string;
  readonly max_length?: number;
}
interface WordsRow {
  readonly words: string[];
  readonly ids: number[];
}
interface Batch {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
}
interface Reference {
  readonly rows: readonly (Row | WordsRow)[];
  readonly batch: { readonly texts: string[]; readonly longest: Batch; readonly max_length_12: Batch };
}

const folder = new URL("../../../fixtures/reference/", import.meta.url);
const reference: Reference = JSON.parse(readFileSync(new URL("text.json", folder), "utf8"));
const tokenizer = BertTokenizer.fromVocab(readFileSync(new URL("data/bert-base-uncased-vocab.txt", folder)));
const rows = reference.rows.filter((row) => "text" in row);

test("every text of the reference has its ids", () => {
  const found = rows.map(({ text, max_length: maxLength }) => {
    const options = maxLength === undefined ? {} : { truncation: true, maxLength };
    const plain = tokenizer.encode(text, { ...options, addSpecialTokens: false }).inputIds;
    return { text, ids: tokenizer.encode(text, options).inputIds, plain };
  });
  expect(found).toEqual(rows.map(({ text, ids, ids_no_special: plain }) => ({ text, ids, plain })));
  expect(rows.filter((row) => row.max_length !== undefined).length).toBeGreaterThan(20);
});

test("all ids of the reference decode to its texts", () => {
  const found = rows.map(({ ids }) => tokenizer.decode(ids, { skipSpecialTokens: true }));
  expect(found).toEqual(rows.map(({ decoded }) => decoded));
});

test("words of the reference have their ids", () => {
  const words = reference.rows.filter((row) => "words" in row);
  expect(words.length).toBeGreaterThan(20);
  expect(words.map((row) => tokenizer.encode(row.words).inputIds)).toEqual(words.map(({ ids }) => ids));
});

test("batches of the reference are padded the same", () => {
  const { texts, longest, max_length_12: twelve } = reference.batch;
  const batch = ({ input_ids: inputIds, attention_mask: attentionMask }: Batch) => ({ inputIds, attentionMask });
  expect(tokenizer.encodeBatch(texts, { padding: "longest" })).toEqual(batch(longest));
  expect(tokenizer.encodeBatch(texts, { padding: "maxLength", maxLength: 12, truncation: true })).toEqual(
    batch(twelve),
  );
});
