import { float32, int32 } from "@glimpsejs/graph";
import { expect, test } from "vitest";
import { expectClose, expectOutputs } from "./expect-close.ts";
import { expectError } from "./expect-error.ts";
import { exact, tolerancesOf } from "./tolerances.ts";

const tolerance = { absolute: 0.1, relative: 0.01 };

test("values within the tolerance are close, and so are equal infinities and NaN", () => {
  const expected = float32([1, 100, Number.NaN, Number.POSITIVE_INFINITY], [2, 2]);
  expect(() =>
    expectClose(float32([1.05, 101, Number.NaN, Number.POSITIVE_INFINITY], [2, 2]), expected, tolerance),
  ).not.toThrow();
});

test("the message has count, largest error, its index and both values", () => {
  const expected = float32([0, 1, 2, 3, 4, 5], [2, 3]);
  expect(() => expectClose(float32([0, 1.5, 2, 3, 4, 8], [2, 3]), expected, tolerance, "logits")).toThrow(
    "logits: 2 of 6 elements differ by more than 0.1 + 0.01·|expected|, max error 3 at [1, 2]: got 8, expected 5.",
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("%s is not close to a number, whatever the tolerance", (value) => {
  expect(() => expectClose(float32([value], [1]), float32([1], [1]), { absolute: 1e30, relative: 1 })).toThrow(
    "max error",
  );
  expect(() => expectClose(float32([1], [1]), float32([value], [1]), { absolute: 1e30, relative: 1 })).toThrow(
    "max error",
  );
});

test("type and shape must be equal", () => {
  expect(() => expectClose(float32([1], [1]), float32([1], [1, 1]), tolerance)).toThrow(
    "expected float32[1, 1], got float32[1].",
  );
  expect(() => expectClose(int32([1], [1]), float32([1], [1]), tolerance)).toThrow(
    "expected float32[1], got int32[1].",
  );
});

test("expectOutputs wants the same names, and integers to be equal", () => {
  const tolerances = { float32: tolerance };
  expect(() => expectOutputs({ y: int32([1], [1]) }, { y: int32([1], [1]) }, tolerances)).not.toThrow();
  expect(() => expectOutputs({ y: int32([1000], [1]) }, { y: int32([1001], [1]) }, tolerances)).toThrow("max error 1");
  expect(() => expectOutputs({ y: int32([1], [1]) }, {}, tolerances)).toThrow("expected , got y.");
  expect(() => expectClose(float32([1], [1]), float32([1.0000001], [1]), exact)).toThrow("max error");
});

test("expectError wants a GlimpseError of the code that mentions the words", async () => {
  await expectError(() => float32([], [1]), ["invalid-argument"], ["fill the shape"]);
  await expect(expectError(() => float32([], [1]), ["disposed"])).rejects.toThrow("of another kind");
  await expect(expectError(() => float32([], [1]), ["invalid-argument"], ["teapot"])).rejects.toThrow(
    "does not mention teapot",
  );
  await expect(expectError(() => 1, ["disposed"])).rejects.toThrow("there was no error");
  await expect(expectError(() => Promise.reject(new Error("x")), ["disposed"])).rejects.toThrow("got Error: x");
});

test("backends that the table does not know share an entry", () => {
  expect(tolerancesOf("mine")).toEqual(tolerancesOf("toString"));
  expect(tolerancesOf("mine").float32.absolute).toBeGreaterThan(tolerancesOf("reference").float32.absolute);
});
