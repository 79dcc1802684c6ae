import { expect, test } from "vitest";
import { no, processed } from "../../../test/processed.ts";
import { renormalization } from "./renormalize.ts";

test("scores become log-probabilities", () => {
  const half = Math.fround(-Math.LN2);
  expect(processed(renormalization(), [7, no, 7])).toEqual([half, no, half]);
});

test("scores as low as removeInvalidValues makes them are told apart from certainty", () => {
  const third = Math.fround(-Math.log(3));
  expect(processed(renormalization(), [-3.4e38, -3.4e38, -3.4e38])).toEqual([third, third, third]);
});

test("where all is forbidden all stays forbidden", () => {
  expect(processed(renormalization(), [no, no])).toEqual([no, no]);
});
