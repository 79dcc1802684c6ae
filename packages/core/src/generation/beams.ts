// Beam search, with the reference's rules for finishing and stopping (transformers 5.18, _beam_search), beam sampling,
// and diverse groups of beams (Vijayakumar et al. 2018). Beams are leaves of the tree: a beam that is chosen twice has
// two children, one that is not chosen simply grows no further, and nothing in the cache is copied or reordered.
import { randomGenerator } from "../random.ts";
import { type Candidate, drawCandidates, topCandidates } from "./candidates.ts";
import { logProbability } from "./leaf-logits.ts";
import { extended, type GrownLeaf, type Leaf, type Prompt, seedLeaf, uprooted } from "./leaves.ts";
import type { GenerationPlan } from "./plan.ts";
import type { ProcessorContext } from "./processors/index.ts";
import { beamCandidates } from "./reading.ts";
import { indexOf, type Scores, scoresOf } from "./scores.ts";
import {
  contexts,
  Growth,
  growAndChoose,
  isFinished,
  newTokensOf,
  type Search,
  type Sequence,
  type Step,
  type TreeFactory,
} from "./search.ts";

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
      return { prompt, offset: p * plan.numBeams + g * size, running: [start], finished: [], done: false };
    }),
  );
  // The groups of a prompt start from one leaf, so that the prompt is in the tree once.
  for (const [first, ...others] of groupsOf) {
    for (const other of others) other.running = first?.running ?? [];
  }
  const groups = groupsOf.flat();
  const context: StepContext = { contextOf: contexts(prompts), plan, size, random };
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
      const steps = await growAndChoose(tree, leaves, plan, context.contextOf, (grown) =>
        chooseStep(groupsOf, grown, context),
      );
      for (const step of steps) advance(step, context);
      yield {
        sequences: groups.flatMap(runningSequences),
        scores: plan.outputScores ? steps.flatMap(scoresOfStep) : [],
      };
    }
    return groupsOf.flatMap((ofPrompt) => bestOf(ofPrompt, plan));
  } finally {
    growth.dispose();
  }
}

/** A beam that has grown, and the scores of what may follow. */
interface ScoredBeam {
  readonly beam: Beam;
  readonly leaf: GrownLeaf;
  readonly scores: Scores;
}

/** What one step of a group chose, best first. */
interface GroupStep {
  readonly group: BeamGroup;
  readonly scored: readonly ScoredBeam[];
  readonly candidates: readonly Candidate[];
}

interface StepContext {
  readonly contextOf: (leaf: Leaf) => ProcessorContext;
  readonly plan: GenerationPlan;
  /** Beams of a group. */
  readonly size: number;
  readonly random: () => number;
}

/** One step of all groups that are not done. Undefined if what is known of the scores does not suffice for it. */
function chooseStep(
  groupsOf: readonly (readonly BeamGroup[])[],
  grown: ReadonlyMap<Leaf, GrownLeaf>,
  context: StepContext,
): readonly GroupStep[] | undefined {
  const steps: GroupStep[] = [];
  // All scores before the first draw, so that what is drawn does not depend on how much was read.
  const scored = scoreBeams(groupsOf.flat(), grown, context);
  if (scored === undefined) return undefined;
  for (const ofPrompt of groupsOf) {
    // How often the groups so far chose each token.
    const chosen = new Map<number, number>();
    for (const group of ofPrompt) {
      const beams = scored.get(group);
      if (beams === undefined) continue;
      const candidates = candidatesOf(beams, chosen, context);
      if (candidates === undefined) return undefined;
      // Those that would run on count, also where the length or a stopping rule ends them all, as in the reference's
      // last version with groups (4.57, _group_beam_search).
      const { eosTokenIds } = context.plan;
      const going = candidates.filter(({ token }) => !eosTokenIds.has(token)).slice(0, context.size);
      for (const { token } of going) chosen.set(token, (chosen.get(token) ?? 0) + 1);
      steps.push({ group, scored: beams, candidates });
    }
  }
  return steps;
}

function scoreBeams(
  groups: readonly BeamGroup[],
  grown: ReadonlyMap<Leaf, GrownLeaf>,
  { contextOf, plan }: StepContext,
): ReadonlyMap<BeamGroup, readonly ScoredBeam[]> | undefined {
  const all = new Map<BeamGroup, readonly ScoredBeam[]>();
  for (const group of groups) {
    if (group.done) continue;
    const beams: ScoredBeam[] = [];
    for (const beam of group.running) {
      const leaf = grown.get(beam.leaf);
      if (leaf === undefined) continue;
      const scores = scoresOf(leaf, contextOf(beam.leaf), plan, "logProbs");
      if (scores === undefined) return undefined;
      beams.push({ beam, leaf, scores });
    }
    all.set(group, beams);
  }
  return all;
}

/** The best continuations of a group, or those drawn; `chosen` tokens count less. */
function candidatesOf(
  beams: readonly ScoredBeam[],
  chosen: ReadonlyMap<number, number>,
  { plan, size, random }: StepContext,
): readonly Candidate[] | undefined {
  for (const { scores } of beams) {
    for (const [token, count] of chosen) {
      const at = indexOf(scores, token);
      if (at >= 0) scores.values[at] = (scores.values[at] ?? 0) - plan.diversityPenalty * count;
    }
  }
  const rows = beams.map(({ scores }) => scores);
  const totals = beams.map(({ beam }) => beam.total);
  const count = beamCandidates(size, plan.eosTokenIds);
  return plan.doSample ? drawCandidates(rows, totals, count, random) : topCandidates(rows, totals, count);
}

/** The group after its step: its best continuations run on or finish. */
function advance({ group, scored, candidates }: GroupStep, { plan, size }: StepContext): void {
  if (candidates.length === 0) {
    // No token may follow any beam: they stay as they are and stand in for finished ones.
    group.done = true;
    return;
  }

  const running: Beam[] = [];
  const ended: Finished[] = [];
  for (const [rank, { beam: i, token, total }] of candidates.entries()) {
    const from = scored[i];
    if (from === undefined) continue;
    const next: Beam = {
      leaf: extended(from.leaf, token),
      total,
      logProbs: [...from.beam.logProbs, logProbability(from.leaf.logits, token)],
      beamIndices: [...from.beam.beamIndices, group.offset + i],
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
    plan.earlyStopping === "never" && plan.favoursLength ? newTokensOf(prompt, plan) : best.leaf.tokens.length;
  const worst = finished.at(-1)?.score ?? Number.NEGATIVE_INFINITY;
  return plan.lengthScore(best.total, length) <= worst;
}

function scoresOfStep({ group, scored }: GroupStep): Step["scores"] {
  return scored.map(({ scores }, i) => ({ row: group.offset + i, values: scores.values }));
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
