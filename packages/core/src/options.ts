// Options are closed: a name that does not exist is an error that says which one was probably meant. And what several
// calls check about the values of theirs.
import { formatProblem, GlimpseError, nearestName, type Problem, show } from "@glimpsejs/base";

/** A problem for every key of `options` that is not in `known`, and for a `signal` that is none. */
export function unknownOptions(options: object, known: readonly string[]): Problem[] {
  if (typeof options !== "object" || options === null) {
    return [{ subject: "options", problem: "they are no object", expected: "{ name: value, … }", got: show(options) }];
  }
  const unknown = Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      const advice = nearest === undefined ? `There are ${known.join(", ")}.` : `Did you mean "${nearest}"?`;
      return { subject: `option ${show(name)}`, problem: "there is no such option", advice };
    });
  return [...unknown, ...("signal" in options && known.includes("signal") ? signalProblems(options.signal) : [])];
}

/**
 * Throws "invalid-argument" where `inputs` are no object of arguments, or their `signal` is none. What a call has to know
 * before it may wait for its turn.
 */
export function checkCall(call: string, inputs: { readonly signal?: AbortSignal | undefined }): void {
  checkObject(call, inputs);
  throwProblems(signalProblems(inputs.signal));
}

/** Throws "invalid-argument" where the arguments of `call` are no object. */
export function checkObject(call: string, options: unknown): void {
  if (typeof options === "object" && options !== null) return;
  const expected = "{ name: value, … }";
  throwProblems([{ subject: call, problem: "its argument is no object", expected, got: show(options) }]);
}

/** A problem if `signal` is given and not an AbortSignal, whoever implements it. */
export function signalProblems(signal: unknown): Problem[] {
  if (signal === undefined) return [];
  const isSignal =
    typeof signal === "object" &&
    signal !== null &&
    "aborted" in signal &&
    "addEventListener" in signal &&
    typeof signal.addEventListener === "function";
  return isSignal ? [] : [{ subject: 'option "signal"', problem: "it is no AbortSignal", got: show(signal) }];
}

/** A problem for every one of `names` whose value in `options` is given and neither true nor false. */
export function booleanProblems<T extends object>(options: T, names: readonly (keyof T & string)[]): Problem[] {
  return names.flatMap((name) => {
    const value = options[name];
    if (value === undefined || typeof value === "boolean") return [];
    return [
      { subject: `option "${name}"`, problem: "the value is wrong", expected: "true or false", got: show(value) },
    ];
  });
}

/** A problem for every one of `names` whose value in `options` is given and not a function. */
export function functionProblems<T extends object>(options: T, names: readonly (keyof T & string)[]): Problem[] {
  return names.flatMap((name) => {
    const value = options[name];
    if (value === undefined || typeof value === "function") return [];
    return [{ subject: `option "${name}"`, problem: "it is not a function", got: show(value) }];
  });
}

/** A problem if `seed` is not an integer that a number holds exactly. */
export function seedProblems(seed: unknown): Problem[] {
  if (Number.isSafeInteger(seed)) return [];
  return [{ subject: 'option "seed"', problem: "it is not an integer", got: show(seed) }];
}

/** `options` without the names whose value is undefined, so that they can be laid over defaults. */
export function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/**
 * What every check returns, in their order. Throws one "invalid-argument" error with the problems of all checks that
 * threw one; anything else that a check throws at once.
 */
export function checkAll<T extends readonly unknown[]>(...checks: { readonly [K in keyof T]: () => T[K] }): T {
  const errors: GlimpseError[] = [];
  const results = checks.map((check) => {
    try {
      return check();
    } catch (error) {
      if (!GlimpseError.isInstance(error, "invalid-argument")) throw error;
      errors.push(error);
      return undefined;
    }
  });
  const [first, ...others] = errors;
  if (first === undefined) return results as unknown as T; // none threw, so each is what its check returned
  if (others.length === 0) throw first;
  // Two checks may look at the same value, such as the signal.
  const problems = new Map(errors.flatMap(({ problems }) => problems.map((p) => [formatProblem(p), p])));
  throw new GlimpseError([...problems.values()], { code: "invalid-argument", cause: new AggregateError(errors) });
}

/** Throws "invalid-argument" with all `problems`, if there are any. */
export function throwProblems(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}
