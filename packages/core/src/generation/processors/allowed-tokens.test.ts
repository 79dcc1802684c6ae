import { expect, test, vi } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { allowedTokens } from "./allowed-tokens.ts";

test("all but the allowed tokens are forbidden", () => {
  expect(
    processed(
      allowedTokens(() => [2, 0], 1),
      [1, 2, 3, 4],
    ),
  ).toEqual([1, no, 3, no]);
  expect(
    processed(
      allowedTokens(() => [2, 0, 2], 4),
      [1, 2, no, 4],
    ),
  ).toEqual([1, no, no, no]);
});

test("the function is told which text it is about", () => {
  const allowed = vi.fn(() => [0]);
  processed(allowedTokens(allowed, 1), [1, 2], [5, 6, 7], 2);
  expect(allowed).toHaveBeenCalledExactlyOnceWith({ tokens: [5, 6, 7], promptLength: 2, prompt: 0 });
});

test("where all allowed tokens were forbidden a single text goes on with them, a beam dies", () => {
  expect(
    processed(
      allowedTokens(() => [0, 2], 1),
      [no, 2, no],
    ),
  ).toEqual([0, no, 0]);
  expect(
    processed(
      allowedTokens(() => [0, 2], 2),
      [no, 2, no],
    ),
  ).toEqual([no, no, no]);
});

test.each([[[]], [[0, 3]], [[-1]], [[0.5]], [undefined], [Promise.resolve([0])]])(
  "returning %j is refused",
  (returned) => {
    const processor = allowedTokens(() => returned as readonly number[], 1);
    expect(() => processed(processor, [1, 2, 3])).toThrow(
      /^option "prefixAllowedTokens": the function must return .*, expected at least one, each from 0 to 2, got /,
    );
  },
);

test("what the function throws comes through", () => {
  const failure = new RangeError("mine");
  const processor = allowedTokens(() => {
    throw failure;
  }, 1);
  expect(() => processed(processor, [1, 2, 3])).toThrow(failure);
});
