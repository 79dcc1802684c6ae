// Greedy search and multinomial sampling: every row takes one token after the other until it ends. All rows of all
// pictures are leaves of one tree, and one decoder run serves a step of all that still grow.
import { logProbability } from "./leaf-logits.ts";
import { extended, type GrownLeaf, type Leaf, type Prompt, seedLeaf, uprooted } from "./leaves.ts";
import type { Chooser, GenerationPlan } from "./plan.ts";
import type { ProcessorContext } from "./processors/index.ts";
import { type Scores, scoresOf, tokenAt } from "./scores.ts";
import {
  contexts,
  Growth,
  growAndChoose,
  isFinished,
  type Search,
  type Sequence,
  type Step,
  type TreeFactory,
} from "./search.ts";

/** A text of a search that takes one token after the other. */
export interface Row extends Sequence {
  readonly leaf: Leaf;
  readonly finished: boolean;
}

/** The rows of a search before its first step. */
export function seedRows(prompts: readonly Prompt[], plan: GenerationPlan): readonly Row[] {
  return prompts.flatMap((prompt): Row[] => {
    const start: Row = { prompt, tokens: [], logProbs: [], leaf: seedLeaf(prompt), finished: false };
    return Array.from({ length: plan.numReturnSequences }, () => start);
  });
}

/** Greedy search, or sampling with doSample: numReturnSequences rows for each prompt. */
export async function* searchRows(makeTree: TreeFactory, prompts: readonly Prompt[], plan: GenerationPlan): Search {
  const choose = plan.chooser();
  const contextOf = contexts(prompts);
  let rows = seedRows(prompts, plan);
  const growth = new Growth(makeTree, plan);
  try {
    while (rows.some((row) => !row.finished) && !growth.isLate) {
      const { tree, fresh } = growth.next(rows);
      if (fresh) rows = rows.map((row) => ({ ...row, leaf: uprooted(row.leaf) }));
      const going = rows.filter((row) => !row.finished);
      const scored = await growAndChoose(
        tree,
        going.map((row) => row.leaf),
        plan,
        contextOf,
        (grown) => scoredRows(going, grown, plan, contextOf),
      );
      const scores: Step["scores"][number][] = [];
      rows = rows.map((row, index) => {
        const next = scored.get(row);
        if (next === undefined) return row;
        if (plan.outputScores) scores.push({ row: index, values: next.scores.values });
        return continued(row, next, plan, choose);
      });
      yield { sequences: rows, scores };
    }
    return rows;
  } finally {
    growth.dispose();
  }
}

interface ScoredRow {
  readonly leaf: GrownLeaf;
  readonly scores: Scores;
}

/**
 * The scores of all rows, so that nothing is drawn before it is known that they suffice; undefined if they do not.
 * Rows that are the same so far are processed one by one all the same: a caller's processor may draw, too.
 */
export function scoredRows(
  rows: readonly Row[],
  grown: ReadonlyMap<Leaf, GrownLeaf>,
  plan: GenerationPlan,
  contextOf: (leaf: Leaf) => ProcessorContext,
): ReadonlyMap<Row, ScoredRow> | undefined {
  const scored = new Map<Row, ScoredRow>();
  for (const row of rows) {
    const leaf = grown.get(row.leaf);
    if (leaf === undefined) continue;
    const scores = scoresOf(leaf, contextOf(row.leaf), plan, "logits");
    if (scores === undefined) return undefined;
    scored.set(row, { leaf, scores });
  }
  return scored;
}

/** The row with the token that its scores choose. */
export function continued(row: Row, { leaf, scores }: ScoredRow, plan: GenerationPlan, choose: Chooser): Row {
  const token = tokenAt(scores, choose(scores.values));
  const next = extended(leaf, token);
  return {
    prompt: row.prompt,
    tokens: next.tokens,
    logProbs: plan.outputLogProbs ? [...row.logProbs, logProbability(leaf.logits, token)] : [],
    leaf: next,
    finished: isFinished(row.prompt, next.tokens, plan),
  };
}
