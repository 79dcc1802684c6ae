// All metrics against the values of test-data/make_metrics.py, which was written from the published definitions
// separately from this package.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bleu } from "./bleu.ts";
import { cider } from "./cider.ts";
import type { TextItem, TokenItem } from "./items.ts";
import { normalizeAnswer } from "./normalize-answer.ts";
import { rougeL } from "./rouge-l.ts";
import { vqaAccuracy } from "./vqa-accuracy.ts";

interface Fixture {
  readonly captions: readonly (Omit<TokenItem, "id"> & { readonly cider: number; readonly rougeL: number })[];
  readonly corpus: { readonly cider: number; readonly bleu: readonly number[]; readonly rougeL: number };
  readonly answers: readonly (Omit<TextItem, "id"> & { readonly accuracy: number })[];
  readonly accuracy: number;
  readonly normalized: readonly (readonly [string, string])[];
}

const fixture: Fixture = JSON.parse(readFileSync(new URL("../test-data/metrics.json", import.meta.url), "utf8"));
const captions = fixture.captions.map((item, i) => ({ id: `caption ${i}`, ...item }));
const answers = fixture.answers.map((item, i) => ({ id: `answer ${i}`, ...item }));

/** Far below the 1e-4 that is asked for: the same arithmetic in another order. */
function expectClose(got: readonly number[], expected: readonly number[]): void {
  expect(got).toHaveLength(expected.length);
  const errors = expected.map((value, i) => Math.abs(value - (got[i] ?? Number.NaN)));
  const worst = errors.indexOf(Math.max(...errors));
  expect(errors[worst], `item ${worst}: expected ${expected[worst]}, got ${got[worst]}`).toBeLessThan(1e-9);
}

test("the fixture is what it should be", () => {
  expect(captions).toHaveLength(40);
  expect(new Set(captions.map((c) => c.references.length))).toEqual(new Set([1, 2, 3, 4, 5]));
  expect(answers).toHaveLength(40);
  expect(answers.every((a) => a.references.length === 10)).toBe(true);
});

test("CIDEr-D", () => {
  const { mean, perItem } = cider(captions);
  expectClose([mean], [fixture.corpus.cider]);
  expectClose(
    perItem,
    captions.map((c) => c.cider),
  );
});

test("BLEU-1 to BLEU-4", () => {
  expectClose(bleu(captions), fixture.corpus.bleu);
});

test("ROUGE-L", () => {
  const { mean, perItem } = rougeL(captions);
  expectClose([mean], [fixture.corpus.rougeL]);
  expectClose(
    perItem,
    captions.map((c) => c.rougeL),
  );
});

describe("VQA", () => {
  test("accuracy", () => {
    const { mean, perItem } = vqaAccuracy(answers);
    expectClose([mean], [fixture.accuracy]);
    expectClose(
      perItem,
      answers.map((a) => a.accuracy),
    );
  });

  test("normalization, every contraction of the official table among it", () => {
    const got = fixture.normalized.map(([answer]) => [answer, normalizeAnswer(answer)]);
    expect(got).toEqual(fixture.normalized);
  });
});
