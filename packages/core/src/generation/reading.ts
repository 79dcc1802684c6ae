// How much of each row of logits a search reads. The less the better: a row is a vocabulary long, and where it has to
// come from a GPU, reading it takes longer than computing it. What is chosen is the same either way.
import { candidateCount } from "@glimpsejs/model";
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

/**
 * Whole rows where somebody wants to see them, where a processor may change any score, where sampling is not narrowed to
 * a few tokens, or with more beams than there are candidates. The best token alone for greedy search whose processors
 * only forbid. Else the candidates.
 */
export function readingKind(needs: ReadingNeeds): LeafReading["kind"] {
  const { rules, narrowing, doSample, numBeams, numBeamGroups, eosTokenIds } = needs;
  if (needs.outputScores || needs.removeInvalidValues || !rules.every(isSparse)) return "rows";
  if (doSample && (narrowing === undefined || narrowing.kept > candidateCount)) return "rows";
  if (numBeams > 1)
    return beamCandidates(numBeams / numBeamGroups, eosTokenIds) > candidateCount ? "rows" : "candidates";
  return !doSample && rules.every((rule) => isSparse(rule) && rule.onlyForbids) ? "best" : "candidates";
}

/** Continuations that `size` beams need: so many are left even if all the best end, one per end token and one more. */
export function beamCandidates(size: number, eosTokenIds: ReadonlySet<number>): number {
  return Math.max(2, 1 + eosTokenIds.size) * size;
}

/** What is read after each leaf, `kind` being the plan's or more. */
export function leafReading(
  kind: LeafReading["kind"],
  { rules, removeInvalidValues, outputLogProbs, numBeams }: GenerationPlan,
  contextOf: (leaf: Leaf) => ProcessorContext,
): LeafReading {
  const touched = (leaf: Leaf, of: (rule: LogitsProcessor) => boolean) => {
    const context = contextOf(leaf);
    return [...new Set(rules.flatMap((rule) => (isSparse(rule) && of(rule) ? rule.touches(context) : [])))];
  };
  return {
    kind,
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
