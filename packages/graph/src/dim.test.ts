import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addDims,
  bindable,
  canonical,
  type Dim,
  dimNames,
  dimTerms,
  divideDim,
  evaluateDim,
  mulDims,
  shapeProduct,
} from "./dim.ts";

const options = { seed: 3, numRuns: 300 };
const sizes = { a: 3, b: 5, c: 0, d_1: 7 };

// Any dimension: sums of products, written with spaces, zeros, ones and repeated terms.
const factor = fc.oneof(fc.nat(4).map(String), fc.constantFrom(...Object.keys(sizes)));
const product = fc.array(factor, { minLength: 1, maxLength: 3 }).map((f) => f.join(" * "));
const text = fc.array(product, { minLength: 1, maxLength: 4 }).map((terms) => terms.join("+"));
const dim: fc.Arbitrary<Dim> = fc.oneof(fc.nat(50), text);

test("sums and products evaluate to sums and products", () => {
  fc.assert(
    fc.property(dim, dim, (a, b) => {
      const [x, y] = [evaluateDim(a, sizes), evaluateDim(b, sizes)];
      expect(evaluateDim(addDims(a, b), sizes)).toBe(x + y);
      expect(evaluateDim(mulDims(a, b), sizes)).toBe(x * y);
    }),
    options,
  );
});

test("equal dimensions are equal text, whatever way they were made", () => {
  fc.assert(
    fc.property(dim, dim, dim, (a, b, c) => {
      expect(addDims(a, b)).toBe(addDims(b, a));
      expect(mulDims(a, b)).toBe(mulDims(b, a));
      expect(addDims(addDims(a, b), c)).toBe(addDims(a, addDims(b, c)));
      expect(mulDims(a, addDims(b, c))).toBe(addDims(mulDims(a, b), mulDims(a, c)));
      expect(addDims(a, 0)).toBe(canonical(a));
      expect(mulDims(a, 1)).toBe(canonical(a));
      expect(mulDims(a, 0)).toBe(0);
      expect(canonical(canonical(a))).toBe(canonical(a));
    }),
    options,
  );
});

test("division undoes multiplication by a number, and refuses what does not divide", () => {
  fc.assert(
    fc.property(dim, fc.integer({ min: 1, max: 9 }), (a, n) => {
      expect(divideDim(mulDims(a, n), n)).toBe(canonical(a));
      const quotient = divideDim(a, n);
      if (quotient !== undefined) expect(mulDims(quotient, n)).toBe(canonical(a));
    }),
    options,
  );
  expect(divideDim("2*a + 3", 2)).toBeUndefined();
  expect(divideDim("4*a + 2*b*c", 2)).toBe("2*a + b*c");
});

test("terms and names say what a dimension consists of", () => {
  fc.assert(
    fc.property(dim, (a) => {
      const value = dimTerms(a)
        .map(({ coefficient, names }) => names.reduce((p, name) => p * evaluateDim(name, sizes), coefficient))
        .reduce((sum, term) => sum + term, 0);
      expect(value).toBe(evaluateDim(a, sizes));
      const known = Object.fromEntries(dimNames(canonical(a)).map((name) => [name, 2]));
      expect(evaluateDim(canonical(a), known)).toBeGreaterThanOrEqual(0);
    }),
    options,
  );
});

test("canonical text is sorted and sums like terms", () => {
  expect(canonical("text + past")).toBe("past + text");
  expect(canonical("b*a*2 + a*b + 1 + 2")).toBe("3 + 3*a*b");
  expect(canonical("0*a")).toBe(0);
  expect(canonical("2*3")).toBe(6);
  expect(shapeProduct(["batch", 3, "2*rows"])).toBe("6*batch*rows");
  expect(shapeProduct([])).toBe(1);
});

test("only a multiple of one name can bind it", () => {
  expect(bindable("n")).toEqual({ name: "n", factor: 1 });
  expect(bindable("16*rows")).toEqual({ name: "rows", factor: 16 });
  for (const dim of [3, "a + b", "a + 1", "a*b", "a*a"]) expect(bindable(dim)).toBeUndefined();
});

test.each([-1, 1.5, Number.NaN, 2 ** 53, "", "a +", "a-b", "2a", "a b", "a*", "é"])("%j is not a dimension", (dim) => {
  expect(() => canonical(dim)).toThrow(/it is not a dimension, expected a whole number, a name, or a sum of products/);
});

test("a name without a size is named in the error", () => {
  expect(() => evaluateDim("past + text", { past: 1 })).toThrow(
    'dimension "past + text": the size of "text" is not known.',
  );
});
