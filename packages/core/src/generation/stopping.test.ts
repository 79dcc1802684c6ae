// Strings and functions that end a text.
import { expect, test } from "vitest";
import { stopRules } from "./stopping.ts";

const decode = (ids: readonly number[]) => ids.map((id) => "abcdef"[id] ?? "").join("");
const stopped = (rules: ReturnType<typeof stopRules>, tokens: readonly number[], promptLength: number) =>
  rules.some((rule) => rule(tokens, promptLength));

test("a string ends a text where it appears across tokens, but not in the prompt", () => {
  const rules = stopRules([], "bc", decode);
  expect(stopped(rules, [0, 1, 2], 0)).toBe(true);
  expect(stopped(rules, [0, 1, 2], 2)).toBe(false);
  expect(stopped(rules, [1, 2, 0], 2)).toBe(false);
  expect(stopped(rules, [0, 1, 1, 2, 0], 1)).toBe(true);
});

test("any of several strings is enough, and functions see prompt and text", () => {
  const seen: (readonly number[])[] = [];
  const criterion = (tokens: readonly number[]) => seen.push(tokens) > 1;
  const rules = stopRules([criterion], ["x", "f"], decode);
  expect(stopped(rules, [0, 1], 1)).toBe(false);
  expect(seen).toEqual([[0, 1]]);
  expect(stopped(rules, [0, 5], 1)).toBe(true);
  expect(stopped(rules, [0, 0], 1)).toBe(true);
});

test("without strings there are only the functions", () => {
  expect(stopRules([], [], decode)).toEqual([]);
});
