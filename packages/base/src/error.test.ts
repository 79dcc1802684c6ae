// The form of error messages, and how errors are recognised.
import { expect, test } from "vitest";
import { DisposedError, formatProblem, GlimpseError, show, throwIfAborted } from "./error.ts";

test("a problem is one sentence, and the advice another", () => {
  const problem = { subject: "config.json hidden_size", problem: "the value is wrong" };
  expect(formatProblem(problem)).toBe("config.json hidden_size: the value is wrong.");
  expect(formatProblem({ ...problem, expected: "768", got: "7", advice: "Look again." })).toBe(
    "config.json hidden_size: the value is wrong, expected 768, got 7. Look again.",
  );
});

test("an error tells all problems, and names the count when the list gets long", () => {
  const problems = Array.from({ length: 23 }, (_, i) => ({ subject: `tensor ${i}`, problem: "it is missing" }));
  const error = new GlimpseError(problems, { code: "invalid-weights" });
  expect(error.problems).toHaveLength(23);
  const lines = error.message.split("\n");
  expect(lines[0]).toBe("23 problems:");
  expect(lines[20]).toBe("  - tensor 19: it is missing.");
  expect(lines[21]).toBe("  … and 3 more");
  expect(new GlimpseError(problems.slice(0, 1), { code: "invalid-weights" }).message).toBe("tensor 0: it is missing.");
});

test("an error keeps its code and cause", () => {
  const cause = new Error("inner");
  const error = new GlimpseError({ subject: "a", problem: "b" }, { code: "download", cause });
  expect(error).toMatchObject({ name: "GlimpseError", code: "download", cause });
  expect(Object.hasOwn(new GlimpseError({ subject: "a", problem: "b" }, { code: "cache" }), "cause")).toBe(false);
});

test("isInstance knows its own, by code, and those of another copy of the package", () => {
  const error = new DisposedError("tensor");
  expect(error.message).toBe("tensor: it was disposed. Create a new one; a disposed one cannot be used again.");
  expect(GlimpseError.isInstance(error)).toBe(true);
  expect(GlimpseError.isInstance(error, "disposed")).toBe(true);
  expect(GlimpseError.isInstance(error, "aborted")).toBe(false);
  const foreign = Object.assign(new Error("x"), { code: "cache", [Symbol.for("glimpsejs.error")]: true });
  expect(GlimpseError.isInstance(foreign, "cache")).toBe(true);
  expect(GlimpseError.isInstance(new Error("x"))).toBe(false);
  expect(GlimpseError.isInstance({ [Symbol.for("glimpsejs.error")]: true })).toBe(false);
});

test("throwIfAborted gives the signal's reason as cause", () => {
  throwIfAborted(undefined, "caption()");
  throwIfAborted(new AbortController().signal, "caption()");
  const reason = new Error("enough");
  const run = () => throwIfAborted(AbortSignal.abort(reason), "caption()");
  expect(run).toThrow("caption(): it was aborted by its signal.");
  expect(run).toThrow(expect.objectContaining({ code: "aborted", cause: reason }));
});

test("show writes any value, in few characters", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const shown = ["a\n", 1.5, -0, Number.NaN, null, undefined, 3n, { a: [1] }, circle, Symbol("s"), () => 1].map((x) =>
    show(x),
  );
  expect(shown).toEqual([
    '"a\\n"',
    "1.5",
    "-0",
    "NaN",
    "null",
    "undefined",
    "3n",
    '{"a":[1]}',
    "[object Array]",
    "symbol",
    "function",
  ]);
  expect(show("x".repeat(100))).toBe(`"${"x".repeat(58)}…`);
  expect(show("abcdef", 5)).toBe('"abc…');
});
