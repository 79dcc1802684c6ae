// Greedy search and multinomial sampling: every row takes one token after the other until it ends. All rows of all
// pictures are leaves of one tree, and one decoder run serves a step of all that still grow.
import { logProbability } from "../logits.ts";
import { drawIndex, likeliestIndex, randomGenerator } from "../random.ts";
import { extended, growLeaves, type Leaf, type Prompt, seedLeaf, uprooted } from "./leaves.ts";
import type { GenerationPlan } from "./plan.ts";
import { Growth, isFinished, processed, type Search, type Sequence, type Step, type TreeFactory } from "./search.ts";

interface Row extends Sequence {
  readonly leaf: Leaf;
  readonly finished: boolean;
}

/** Greedy search, or sampling with doSample: numReturnSequences rows for each prompt. */
export async function* searchRows(makeTree: TreeFactory, prompts: readonly Prompt[], plan: GenerationPlan): Search {
  const random = randomGenerator(plan.seed);
  let rows = prompts.flatMap((prompt): Row[] => {
    const start: Row = { prompt, tokens: [], logProbs: [], leaf: seedLeaf(prompt), finished: false };
    return Array.from({ length: plan.numReturnSequences }, () => start);
  });
  const growth = new Growth(makeTree, plan);
  try {
    while (rows.some((row) => !row.finished) && !growth.isLate) {
      const { tree, fresh } = growth.next(rows);
      if (fresh) rows = rows.map((row) => ({ ...row, leaf: uprooted(row.leaf) }));
      const grown = await growLeaves(
        tree,
        rows.flatMap((row) => (row.finished ? [] : [row.leaf])),
        { nonFinite: plan.removeInvalidValues },
      );
      const scores: Step["scores"][number][] = [];
      rows = rows.map((row, index) => {
        const leaf = grown.get(row.leaf);
        if (row.finished || leaf === undefined) return row;
        const values = processed(leaf.logits.slice(), leaf, Math.floor(index / plan.numReturnSequences), plan);
        scores.push({ row: index, values });
        const token = plan.doSample ? drawIndex(values, random) : likeliestIndex(values);
        const next = extended(leaf, token);
        return {
          prompt: row.prompt,
          tokens: next.tokens,
          logProbs: [...row.logProbs, logProbability(leaf.logits, token)],
          leaf: next,
          finished: isFinished(row.prompt, next.tokens, plan),
        };
      });
      yield { sequences: rows, scores };
    }
    return rows;
  } finally {
    growth.dispose();
  }
}
