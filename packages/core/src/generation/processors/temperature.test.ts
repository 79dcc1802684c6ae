import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { temperature } from "./temperature.ts";

test("scores are divided", () => {
  expect(processed(temperature(0.5), [1, -3, no])).toEqual([2, -6, no]);
});
