// ROUGE-L: C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", ACL workshop 2004, in the variant of
// tylin/coco-caption (its rouge.py): beta 1.2, and precision and recall each the best over the references, which may be
// two different ones. Sentences are not split; one text is one sequence.
import { checkTokenItems, type ItemScores, scoreEach, type TokenItem } from "./items.ts";

const beta = 1.2;

/** ROUGE-L of every item, from 0 to 1, and the mean. An empty text scores 0. Throws "invalid-argument". */
export function rougeL(items: readonly TokenItem[]): ItemScores {
  checkTokenItems(items, "rougeL()");
  return scoreEach(items, ({ candidate, references }) => {
    let precision = 0;
    let recall = 0;
    for (const reference of references) {
      const common = longestCommonSubsequence(candidate, reference);
      if (common === 0) continue;
      precision = Math.max(precision, common / candidate.length);
      recall = Math.max(recall, common / reference.length);
    }
    return precision === 0 ? 0 : ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision);
  });
}

/** How many tokens stand in both texts in the same order, not necessarily side by side. */
function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  // best[j] is the answer for the part of `a` that was read and the first j tokens of `b`.
  let best = new Array<number>(b.length + 1).fill(0);
  for (const token of a) {
    const next = [0];
    for (const [j, other] of b.entries()) {
      next.push(token === other ? (best[j] ?? 0) + 1 : Math.max(next[j] ?? 0, best[j + 1] ?? 0));
    }
    best = next;
  }
  return best.at(-1) ?? 0;
}
