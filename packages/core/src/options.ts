// Options are closed: a name that does not exist is an error that says which one was probably meant.
import { GlimpseError, nearestName, type Problem, show } from "@glimpsejs/base";

/** A problem for every key of `options` that is not in `known`. */
export function unknownOptions(options: object, known: readonly string[]): Problem[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      const advice = nearest === undefined ? `There are ${known.join(", ")}.` : `Did you mean "${nearest}"?`;
      return { subject: `option ${show(name)}`, problem: "there is no such option", advice };
    });
}

/** Throws "invalid-argument" listing every key of `options` that is not in `known`. */
export function rejectUnknownOptions(options: object, known: readonly string[]): void {
  const problems = unknownOptions(options, known);
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}
