// Greedy search that does not wait for its own tokens: a step's ids go from run to run on the device, and the host reads
// them some steps later. What was computed beyond the end of a text is thrown away. Only for searches whose next step
// needs nothing of the text but its length; all others are rows.ts.
import { likeliestIndex } from "../likeliest.ts";
import { type GrowingLeaves, type Leaf, type Prompt, startLeaves } from "./leaves.ts";
import type { GenerationPlan } from "./plan.ts";
import { leafReading } from "./reading.ts";
import { continued, type Row, scoredRows, seedRows } from "./rows.ts";
import { contexts, Growth, newTokensOf, type Search, type TreeFactory } from "./search.ts";

/** Stands for a token that was not read yet. */
const unread = -1;

/** Greedy search with up to `plan.runAhead` runs submitted beyond the one that is read. */
export async function* searchAhead(makeTree: TreeFactory, prompts: readonly Prompt[], plan: GenerationPlan): Search {
  const contextOf = contexts(prompts);
  const reading = leafReading(plan.reading, plan, contextOf);
  let rows = seedRows(prompts, plan);
  /** Rows of the runs under way, by number. Those that have ended leave when nothing is: a run's ids are for all of it. */
  let batch: readonly number[] = [];
  const pending: GrowingLeaves[] = [];
  const growth = new Growth(makeTree, plan);
  try {
    while (rows.some((row) => !row.finished) && !growth.isLate) {
      const { tree } = growth.next(rows);
      if (pending.length === 0) batch = rows.flatMap((row, i) => (row.finished ? [] : [i]));
      const isWhole = batch.every((i) => rows[i]?.finished === false);
      while (isWhole && pending.length <= plan.runAhead) {
        const last = pending.at(-1);
        const leaves = last === undefined ? batch.flatMap((i) => rows[i]?.leaf ?? []) : unreadLeaves(last);
        if (!leaves.every((leaf) => hasRoom(leaf, plan))) break;
        pending.push(await started(startLeaves(tree, leaves, reading, last?.nextIds), pending));
      }
      const step = pending.shift();
      if (step === undefined) throw new TypeError("generate(): no run is under way.");
      rows = await continuedRows(rows, batch, step, plan, contextOf);
      yield { sequences: rows, scores: [] };
    }
    return rows;
  } finally {
    for (const step of pending) step.dispose();
    growth.dispose();
  }
}

/** The leaves of a step that is under way, each with a token that is not known yet. */
function unreadLeaves({ leaves, nodes }: GrowingLeaves): readonly Leaf[] {
  return leaves.map(({ prompt, tokens }, i) => ({ prompt, tokens: [...tokens, unread], node: nodes[i] }));
}

function hasRoom({ prompt, tokens }: Leaf, plan: GenerationPlan): boolean {
  return tokens.length < newTokensOf(prompt, plan);
}

/** A run that was fed what nobody has looked at may fail for that: then what was wrong with it is the error. */
async function started(run: Promise<GrowingLeaves>, pending: GrowingLeaves[]): Promise<GrowingLeaves> {
  try {
    return await run;
  } catch (error) {
    for (let step = pending.shift(); step !== undefined; step = pending.shift()) await step.read();
    throw error;
  }
}

/** The rows of `batch` with the tokens that `step` chose for them. */
async function continuedRows(
  rows: readonly Row[],
  batch: readonly number[],
  step: GrowingLeaves,
  plan: GenerationPlan,
  contextOf: ReturnType<typeof contexts>,
): Promise<readonly Row[]> {
  const read = await step.read();
  const next = [...rows];
  for (const [i, number] of batch.entries()) {
    const row = rows[number];
    const started = step.leaves[i];
    const leaf = started && read.get(started);
    if (row === undefined || row.finished || leaf === undefined) continue;
    const grown = new Map([[row.leaf, { ...leaf, tokens: row.tokens }]]);
    const scored = scoredRows([row], grown, plan, contextOf)?.get(row);
    if (scored !== undefined) next[number] = continued(row, scored, plan, likeliestIndex);
  }
  return next;
}
