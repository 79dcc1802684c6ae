// Which name an unknown one is taken for.
import { expect, test } from "vitest";
import { nearestName } from "./nearest.ts";

const names = ["maxLength", "maxNewTokens", "numBeams", "topK", "topP"];

test.each([
  ["numBeam", "numBeams"],
  ["max_new_tokens", "maxNewTokens"],
  ["MAXLENGHT", "maxLength"],
  ["topk", "topK"],
  ["temperature", undefined],
])("%s is nearest to %s", (name, nearest) => {
  expect(nearestName(name, names)).toBe(nearest);
});

test("of equally near names the first is taken, and of none none", () => {
  expect(nearestName("topX", names)).toBe("topK");
  expect(nearestName("topX", [])).toBe(undefined);
});

test("very long names are cheap and near to nothing", () => {
  expect(nearestName("x".repeat(10_000_000), names)).toBe(undefined);
});
