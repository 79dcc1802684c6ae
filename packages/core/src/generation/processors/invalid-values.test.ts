import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { invalidValues } from "./invalid-values.ts";

test("NaN and infinities become numbers", () => {
  const max = 3.4028234663852886e38;
  expect(processed(invalidValues(), [Number.NaN, -1, -no, no, 0])).toEqual([0, -1, max, -max, 0]);
});
