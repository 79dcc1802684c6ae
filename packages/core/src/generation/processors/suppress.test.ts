import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { suppressed, suppressedAtBegin } from "./suppress.ts";

test("suppressed tokens are forbidden at every step", () => {
  expect(processed(suppressed([0, 2]), [1, 2, 3], [0, 1, 1])).toEqual([no, 2, no]);
});

test("at the begin means the first generated token", () => {
  expect(processed(suppressedAtBegin([0], false), [1, 2], [0, 0], 2)).toEqual([no, 2]);
  expect(processed(suppressedAtBegin([0], false), [1, 2], [0], 1)).toEqual([no, 2]);
  expect(processed(suppressedAtBegin([0], false), [1, 2], [0, 0], 1)).toEqual([1, 2]);
});

test("and the second where the first is forced", () => {
  expect(processed(suppressedAtBegin([0], true), [1, 2], [0], 1)).toEqual([1, 2]);
  expect(processed(suppressedAtBegin([0], true), [1, 2], [0, 0], 1)).toEqual([no, 2]);
  expect(processed(suppressedAtBegin([0], true), [1, 2], [0, 0], 2)).toEqual([no, 2]);
});
