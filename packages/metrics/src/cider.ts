// CIDEr-D: R. Vedantam, C. L. Zitnick, D. Parikh, "CIDEr: Consensus-based Image Description Evaluation", CVPR 2015
// (arXiv 1411.5726), section 5, with the details of the authors' code (ciderD of github.com/vrama91/cider, the same as
// cider of tylin/coco-caption): n = 1 to 4, sigma 6, times 10, no stemming, document frequencies over the references of
// the corpus that is scored, one document per item. Not the stemmed CIDEr without D, and no frequencies from elsewhere.
import { checkTokenItems, type ItemScores, scoreEach, type TokenItem } from "./items.ts";
import { countNgrams, longestNgram } from "./ngrams.ts";

const sigma = 6;

/** A text as tf-idf weights, one vector per n, with their lengths. */
interface Vectors {
  readonly weights: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  /** In tokens. */
  readonly length: number;
}

/**
 * CIDEr-D of a corpus, from 0 to 10. An n-gram in the references of every item weighs nothing, so a corpus of one item
 * scores 0 whatever it says; the figures of two corpora compare only where the references are the same.
 * Throws "invalid-argument".
 */
export function cider(items: readonly TokenItem[]): ItemScores {
  checkTokenItems(items, "cider()");
  const frequencies = documentFrequencies(items);
  const vectors = (tokens: readonly string[]) => tfIdf(tokens, frequencies, items.length);
  return scoreEach(items, ({ candidate, references }) => {
    const own = vectors(candidate);
    const sum = references.reduce((total, reference) => total + similarity(own, vectors(reference)), 0);
    return (10 * sum) / references.length;
  });
}

/** In the references of how many items each n-gram occurs. */
function documentFrequencies(items: readonly TokenItem[]): ReadonlyMap<string, number> {
  const frequencies = new Map<string, number>();
  for (const { references } of items) {
    const ngrams = new Set(references.flatMap((tokens) => countNgrams(tokens).flatMap((counts) => [...counts.keys()])));
    for (const ngram of ngrams) frequencies.set(ngram, (frequencies.get(ngram) ?? 0) + 1);
  }
  return frequencies;
}

function tfIdf(tokens: readonly string[], frequencies: ReadonlyMap<string, number>, items: number): Vectors {
  const weights = countNgrams(tokens).map((counts) => {
    const vector = new Map<string, number>();
    for (const [ngram, count] of counts) {
      // An n-gram that no reference has counts as if one item had it.
      vector.set(ngram, count * (Math.log(items) - Math.log(frequencies.get(ngram) ?? 1)));
    }
    return vector;
  });
  const norms = weights.map((vector) => Math.sqrt([...vector.values()].reduce((sum, x) => sum + x ** 2, 0)));
  return { weights, norms, length: tokens.length };
}

/**
 * The mean over n of the cosine between candidate and reference, where no weight of the candidate counts for more than
 * the reference has, less for a difference in length. From 0 to 1.
 */
function similarity(candidate: Vectors, reference: Vectors): number {
  // The authors' code takes the number of bigrams for the length. The difference is the same, except where a text has
  // no tokens, and then the cosines are 0.
  const difference = candidate.length - reference.length;
  const penalty = Math.exp(-(difference ** 2) / (2 * sigma ** 2));
  let sum = 0;
  for (let i = 0; i < longestNgram; i++) {
    let dot = 0;
    const other = reference.weights[i];
    for (const [ngram, weight] of candidate.weights[i] ?? []) {
      const right = other?.get(ngram) ?? 0;
      dot += Math.min(weight, right) * right;
    }
    // Where a norm is 0 the product is 0 too.
    if (dot > 0) sum += dot / ((candidate.norms[i] ?? 0) * (reference.norms[i] ?? 0));
  }
  return (penalty * sum) / longestNgram;
}
