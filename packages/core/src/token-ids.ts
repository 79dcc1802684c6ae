// Checks on token ids that come from callers.
import { type Problem, show } from "@glimpsejs/base";

/** Problems of one row of ids: that it is no list, or holds an id outside a vocabulary of `vocabSize`. */
export function idProblems(subject: string, ids: readonly number[], vocabSize: number): Problem[] {
  if (typeof ids !== "object" || ids === null) return [{ subject, problem: "it is not a list of ids", got: show(ids) }];
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (wrong === undefined) return [];
  return [{ subject, problem: "there is no such token", expected: `0 to ${vocabSize - 1}`, got: show(wrong) }];
}
