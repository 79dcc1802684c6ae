// How much of each row of logits a search reads. The less the better: a row is a vocabulary long, and where it has to
// come from a GPU, reading it takes longer than computing it. What is chosen is the same either way.
import type { Leaf, LeafReading } from "./leaves.ts";
import type { GenerationPlan } from "./plan.ts";
import { isSparse, type LogitsProcessor, type ProcessorContext } from "./processors/processor.ts";

/** What decides how much is read. */
export type ReadingNeeds = Pick<
  GenerationPlan,
  | "rules"
  | "samplers"
  | "narrowing"
  | "doSample"
  | "numBeams"
  | "numBeamGroups"
  | "eosTokenIds"
  | "outputScores"
  | "removeInvalidValues"
>;

/** Above this, whole rows are read: a device finds the candidates of a row one after the other. */
const mostCandidates = 256;

/**
 * Whole rows where somebody wants to see them, where a processor may change any score, where sampling is not narrowed to
 * a few tokens, or with so many beams that they need too many. The best token alone for greedy search whose processors
 * only forbid. Else the candidates.
 */
export function readingKind(needs: ReadingNeeds): LeafReading["kind"] {
  const { rules, doSample, numBeams } = needs;
  if (needs.outputScores || needs.removeInvalidValues || !rules.every(isSparse)) return "rows";
  if (candidatesRead(needs) > mostCandidates) return "rows";
  const justForbids = rules.every((rule) => isSparse(rule) && rule.onlyForbids);
  return !doSample && numBeams === 1 && justForbids ? "best" : "candidates";
}

/** How many of the best tokens of a leaf suffice, besides those that a rule touches, which are asked for by name. */
function candidatesRead({ doSample, narrowing, numBeams, numBeamGroups, eosTokenIds }: ReadingNeeds): number {
  // Top-k keeps what ties with its last token: one more says whether anything does.
  if (doSample) return narrowing === undefined ? Number.POSITIVE_INFINITY : narrowing.kept + 1;
  if (numBeams === 1) return 1;
  const size = numBeams / numBeamGroups;
  return beamCandidates(size, eosTokenIds) + numBeams - size; // what other groups chose counts less
}

/** Continuations that `size` beams need: so many are left even if all the best end, one per end token and one more. */
export function beamCandidates(size: number, eosTokenIds: ReadonlySet<number>): number {
  return Math.max(2, 1 + eosTokenIds.size) * size;
}

/** What is read after each leaf, `kind` being the plan's or more. */
export function leafReading(
  kind: LeafReading["kind"],
  plan: GenerationPlan,
  contextOf: (leaf: Leaf) => ProcessorContext,
): LeafReading {
  const { rules, removeInvalidValues, outputLogProbs, numBeams, vocabSize } = plan;
  const touched = (leaf: Leaf, of: (rule: LogitsProcessor) => boolean) => {
    const context = contextOf(leaf);
    return [...new Set(rules.flatMap((rule) => (isSparse(rule) && of(rule) ? rule.touches(context) : [])))];
  };
  return {
    kind,
    count: kind === "candidates" ? Math.min(candidatesRead(plan), vocabSize) : 1,
    logProbs: outputLogProbs || numBeams > 1,
    nonFinite: removeInvalidValues,
    masked: (leaf) => touched(leaf, () => true),
    given: (leaf) => touched(leaf, (rule) => isSparse(rule) && !rule.onlyForbids),
  };
}

/** Whether a search may run ahead of what it reads. */
export function canRunAhead({ reading, rules, runAhead, useCache }: GenerationPlan): boolean {
  return runAhead > 0 && useCache && reading === "best" && rules.every((rule) => isSparse(rule) && rule.countsOnly);
}
