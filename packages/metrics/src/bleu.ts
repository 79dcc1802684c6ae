// BLEU: K. Papineni, S. Roukos, T. Ward, W.-J. Zhu, "BLEU: a Method for Automatic Evaluation of Machine Translation",
// ACL 2002, in the variant of tylin/coco-caption (its bleu.py): over the corpus, not the mean of sentences; clipped by
// the most that one reference has; the reference closest in length, the shorter of two equally close; and instead of
// smoothing 1e-15 added to every numerator and 1e-9 to every denominator, so that nothing divides by zero.
import { checkTokenItems, type TokenItem } from "./items.ts";
import { countNgrams, longestNgram } from "./ngrams.ts";

/** BLEU-1, BLEU-2, BLEU-3 and BLEU-4, each from 0 to 1. */
export type BleuScores = readonly [number, number, number, number];

const tiny = 1e-15;
const small = 1e-9;

/**
 * BLEU-1 to BLEU-4 of a corpus: the geometric mean of the precisions of 1-grams to n-grams, times the brevity penalty.
 * A precision of nothing in common is 1e-15 / (count + 1e-9), so a score is then near 0 and not 0. Throws
 * "invalid-argument".
 */
export function bleu(items: readonly TokenItem[]): BleuScores {
  checkTokenItems(items, "bleu()");
  const matched = new Array<number>(longestNgram).fill(0);
  const total = new Array<number>(longestNgram).fill(0);
  let length = 0;
  let referenceLength = 0;
  for (const { candidate, references } of items) {
    length += candidate.length;
    referenceLength += closestLength(candidate.length, references);
    const counted = references.map(countNgrams);
    for (const [i, counts] of countNgrams(candidate).entries()) {
      for (const [ngram, count] of counts) {
        const most = Math.max(...counted.map((reference) => reference[i]?.get(ngram) ?? 0));
        matched[i] = (matched[i] ?? 0) + Math.min(count, most);
        total[i] = (total[i] ?? 0) + count;
      }
    }
  }
  const ratio = (length + tiny) / (referenceLength + small);
  const penalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  const score = (n: number) => {
    product *= ((matched[n - 1] ?? 0) + tiny) / ((total[n - 1] ?? 0) + small);
    return product ** (1 / n) * penalty;
  };
  return [score(1), score(2), score(3), score(4)];
}

function closestLength(length: number, references: TokenItem["references"]): number {
  const distance = (other: number) => Math.abs(other - length);
  return references
    .map((reference) => reference.length)
    .reduce((best, other) => {
      const closer = distance(other) - distance(best);
      return closer < 0 || (closer === 0 && other < best) ? other : best;
    });
}
