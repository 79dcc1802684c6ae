// Beam search, with the reference's rules for finishing and stopping (transformers 5.18, _beam_search), beam sampling,
// and diverse groups of beams (Vijayakumar et al. 2018). Beams are leaves of the tree: a beam that is chosen twice has
// two children, one that is not chosen simply grows no further, and nothing in the cache is copied or reordered.
import { drawWithoutReplacement, randomGenerator } from "../random.ts";
import { type Candidate, topCandidates } from "./candidates.ts";
import { extended, type GrownLeaf, growLeaves, type Leaf, type Prompt, seedLeaf, uprooted } from "./leaves.ts";
import type { GenerationPlan } from "./plan.ts";
import { logProbabilities } from "./processors/distribution.ts";
import { Growth, isFinished, processed, type Search, type Sequence, type Step, type TreeFactory } from "./search.ts";

interface Beam {
  readonly leaf: Leaf;
  /** Sum of the processed log-probabilities so far. */
  readonly total: number;
  readonly logProbs: readonly number[];
  readonly beamIndices: readonly number[];
}

interface Finished extends Sequence {
  readonly score: number;
}

/** The beams of one prompt, or of one group of them. */
interface BeamGroup {
  readonly prompt: Prompt;
  /** Number of the prompt. */
  readonly index: number;
  /** Number of the group's first beam in the whole batch. */
  readonly offset: number;
  running: readonly Beam[];
  /** At most numBeams, best first. */
  finished: readonly Finished[];
  done: boolean;
}

/** Beam search: for each prompt up to numReturnSequences texts, the best by the plan's lengthScore first. */
export async function* searchBeams(makeTree: TreeFactory, prompts: readonly Prompt[], plan: GenerationPlan): Search {
  const random = randomGenerator(plan.seed);
  const size = plan.numBeams / plan.numBeamGroups;
  const groupsOf = prompts.map((prompt, p) =>
    Array.from({ length: plan.numBeamGroups }, (_, g): BeamGroup => {
      const start: Beam = { leaf: seedLeaf(prompt), total: 0, logProbs: [], beamIndices: [] };
      return { prompt, index: p, offset: p * plan.numBeams + g * size, running: [start], finished: [], done: false };
    }),
  );
  // The groups of a prompt start from one leaf, so that the prompt is in the tree once.
  for (const [first, ...others] of groupsOf) {
    for (const other of others) other.running = first?.running ?? [];
  }
  const groups = groupsOf.flat();
  const growth = new Growth(makeTree, plan);
  try {
    while (groups.some((group) => !group.done) && !growth.isLate) {
      const { tree, fresh } = growth.next(groups.flatMap(runningSequences));
      if (fresh) {
        for (const group of groups) {
          group.running = group.running.map((beam) => ({ ...beam, leaf: uprooted(beam.leaf) }));
        }
      }
      const leaves = groups.flatMap((group) => (group.done ? [] : group.running.map((beam) => beam.leaf)));
      const grown = await growLeaves(tree, leaves, { nonFinite: plan.removeInvalidValues });
      const scores: Step["scores"][number][] = [];
      for (const ofPrompt of groupsOf) {
        const chosen = new Map<number, number>();
        for (const group of ofPrompt) {
          if (!group.done) advance(group, { grown, chosen, size, plan, random, scores });
        }
      }
      yield { sequences: groups.flatMap(runningSequences), scores };
    }
    return groupsOf.flatMap((ofPrompt) => bestOf(ofPrompt, plan));
  } finally {
    growth.dispose();
  }
}

interface Advance {
  readonly grown: ReadonlyMap<Leaf, GrownLeaf>;
  /** How often the groups before this one chose each token in this step. */
  readonly chosen: Map<number, number>;
  /** Beams of a group. */
  readonly size: number;
  readonly plan: GenerationPlan;
  readonly random: () => number;
  readonly scores: Step["scores"][number][];
}

/** One step of one group: its best continuations run on or finish. */
function advance(group: BeamGroup, { grown, chosen, size, plan, random, scores }: Advance): void {
  const leaves = group.running.map((beam) => grown.get(beam.leaf)).filter((leaf) => leaf !== undefined);
  const own = leaves.map((leaf) => logProbabilities(leaf.logits));
  const rows = leaves.map((leaf, i) => {
    const row = group.offset + i;
    const values = processed((own[i] ?? leaf.logits).slice(), leaf, group.index, plan);
    for (const [token, count] of chosen) values[token] = (values[token] ?? 0) - plan.diversityPenalty * count;
    scores.push({ row, values });
    return values;
  });
  const totals = group.running.map((beam) => beam.total);
  // Enough that `size` are left to run on even if all the best end: one per end token and one more.
  const count = Math.max(2, 1 + plan.eosTokenIds.size) * size;
  const candidates = plan.doSample ? drawCandidates(rows, totals, count, random) : topCandidates(rows, totals, count);

  if (candidates.length === 0) {
    // No token may follow any beam: they stay as they are and stand in for finished ones.
    group.done = true;
    return;
  }

  const running: Beam[] = [];
  const ended: Finished[] = [];
  for (const [rank, { beam: i, token, total }] of candidates.entries()) {
    const [beam, leaf] = [group.running[i], leaves[i]];
    if (beam === undefined || leaf === undefined) continue;
    const next: Beam = {
      leaf: extended(leaf, token),
      total,
      logProbs: [...beam.logProbs, own[i]?.[token] ?? Number.NaN],
      beamIndices: [...beam.beamIndices, group.offset + i],
    };
    const { tokens } = next.leaf;
    if (!isFinished(group.prompt, tokens, plan)) running.push(next);
    // Only the best `size` may finish; the others are there to run on.
    else if (rank < size) ended.push(finishedBeam(group.prompt, next, plan));
  }
  const full = group.finished.length >= size;
  if (!(full && plan.earlyStopping === true)) {
    group.finished = [...group.finished, ...ended].toSorted((a, b) => b.score - a.score).slice(0, size);
  }
  group.running = running.slice(0, size);
  // Those that would run on count, also where the length or a stopping rule ends them all, as in the reference's last
  // version with groups (4.57, _group_beam_search).
  const going = candidates.filter(({ token }) => !plan.eosTokenIds.has(token)).slice(0, size);
  for (const { token } of going) chosen.set(token, (chosen.get(token) ?? 0) + 1);
  group.done = isDone(group, size, plan);
}

function finishedBeam(prompt: Prompt, { leaf, total, logProbs, beamIndices }: Beam, plan: GenerationPlan): Finished {
  return {
    prompt,
    tokens: leaf.tokens,
    logProbs,
    beamIndices,
    // A text without tokens is what a search leaves that ended before its first step.
    score: leaf.tokens.length === 0 ? 0 : plan.lengthScore(total, leaf.tokens.length),
  };
}

/** Whether a group can be left: nothing runs, enough is finished, or no running beam can still become better. */
function isDone({ prompt, running, finished }: BeamGroup, size: number, plan: GenerationPlan): boolean {
  const [best] = running;
  if (best === undefined) return true;
  if (finished.length < size) return false;
  if (plan.earlyStopping === true) return true;
  const length =
    plan.earlyStopping === "never" && plan.favoursLength
      ? plan.maxNewTokens(prompt.ids.length)
      : best.leaf.tokens.length;
  const worst = finished.at(-1)?.score ?? Number.NEGATIVE_INFINITY;
  return plan.lengthScore(best.total, length) <= worst;
}

/** Continuations drawn without replacement, as likely as their totals say. */
function drawCandidates(
  rows: readonly Float32Array[],
  totals: readonly number[],
  count: number,
  random: () => number,
): readonly Candidate[] {
  const width = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    const before = totals[i] ?? 0;
    for (let token = 0; token < width; token++) all[i * width + token] = (row[token] ?? 0) + before;
  }
  return drawWithoutReplacement(all, count, random).map((index) => ({
    beam: Math.floor(index / width),
    token: index % width,
    total: all[index] ?? Number.NEGATIVE_INFINITY,
  }));
}

function runningSequences({ prompt, running }: BeamGroup): readonly Sequence[] {
  return running.map(({ leaf, logProbs, beamIndices, total }) => ({
    prompt,
    tokens: leaf.tokens,
    logProbs,
    beamIndices,
    score: total,
  }));
}

/**
 * The best finished texts of a prompt over all its groups; running ones stand in if time or tokens ran out before.
 * At least one, but fewer than numReturnSequences where the allowed tokens made fewer beams.
 */
function bestOf(groups: readonly BeamGroup[], plan: GenerationPlan): readonly Sequence[] {
  const finished = groups.flatMap((group) => group.finished).toSorted((a, b) => b.score - a.score);
  const unfinished = groups
    .flatMap(({ prompt, running }) => running.map((beam) => finishedBeam(prompt, beam, plan)))
    .toSorted((a, b) => b.score - a.score);
  return [...finished, ...unfinished].slice(0, plan.numReturnSequences);
}
