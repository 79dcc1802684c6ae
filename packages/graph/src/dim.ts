// Dimensions of tensors: numbers, names, and sums of products of both ("past + text", "batch*frames", "16*gridHeight").
// Names stand for sizes known only when a graph runs. A dimension is kept as canonical text, so === compares meaning.
import { GlimpseError } from "@glimpsejs/base";

/** One dimension: a size, or a polynomial over named sizes in canonical text (made by the functions of this file). */
export type Dim = number | string;

/** The shape of a value in a graph; unlike a HostTensor's, its dimensions may be named. */
export type Shape = readonly Dim[];

/** Sizes of the named dimensions in one run. */
export type Bindings = Readonly<Record<string, number>>;

// Product of sorted names, "" for the constant term, to its coefficient.
type Polynomial = ReadonlyMap<string, number>;

/** A term of a dimension: a coefficient and its names. */
interface DimTerm {
  readonly coefficient: number;
  readonly names: readonly string[];
}

/** a + b */
export function addDims(a: Dim, b: Dim): Dim {
  const sum = new Map(parse(a));
  for (const [term, n] of parse(b)) sum.set(term, (sum.get(term) ?? 0) + n);
  return format(sum);
}

/** a * b */
export function mulDims(a: Dim, b: Dim): Dim {
  const product = new Map<string, number>();
  for (const [s, n] of parse(a)) {
    for (const [t, m] of parse(b)) {
      const term = [...names(s), ...names(t)].sort().join("*");
      product.set(term, (product.get(term) ?? 0) + n * m);
    }
  }
  return format(product);
}

/** a / n for a whole number n, or undefined when some term does not divide. */
export function divideDim(a: Dim, n: number): Dim | undefined {
  const quotient = new Map(parse(a));
  for (const [term, coefficient] of quotient) {
    if (coefficient % n !== 0) return undefined;
    quotient.set(term, coefficient / n);
  }
  return format(quotient);
}

/** The product of all dimensions of a shape. */
export function shapeProduct(shape: Shape): Dim {
  return shape.reduce(mulDims, 1);
}

/** The canonical form of a dimension written by hand; throws "invalid-graph" on anything that is not one. */
export function canonical(dim: Dim): Dim {
  return format(parse(dim));
}

/** The size of a dimension under `bindings`; throws "invalid-argument" when a name is not bound. */
export function evaluateDim(dim: Dim, bindings: Bindings): number {
  if (typeof dim === "number") return dim;
  let total = 0;
  for (const { coefficient, names: factors } of dimTerms(dim)) {
    let value = coefficient;
    for (const name of factors) {
      const size = bindings[name];
      if (size === undefined) {
        throw new GlimpseError(
          { subject: `dimension "${dim}"`, problem: `the size of "${name}" is not known` },
          { code: "invalid-argument" },
        );
      }
      value *= size;
    }
    total += value;
  }
  return total;
}

/** The names a dimension depends on. */
export function dimNames(dim: Dim): readonly string[] {
  return typeof dim === "number" ? [] : [...new Set(dimTerms(dim).flatMap((term) => term.names))];
}

/** The terms of a dimension, each a coefficient and its names, for lowerings that compute sizes on the device. */
export function dimTerms(dim: Dim): readonly DimTerm[] {
  const known = termsRead.get(dim);
  if (known !== undefined) return known;
  const terms = [...parse(dim)].map(([term, coefficient]) => ({ coefficient, names: names(term) }));
  // Graphs have a few dozen dimensions, and every run asks for all of them.
  if (typeof dim === "string" && termsRead.size < mostTermsRead) termsRead.set(dim, terms);
  return terms;
}

const termsRead = new Map<Dim, readonly DimTerm[]>();
const mostTermsRead = 1000;

/** A dimension of the form `n*name`. */
export interface Bindable {
  /** The name that is bound. */
  readonly name: string;
  /** The n, from 1. */
  readonly factor: number;
}

/** Reads a dimension of the form `n*name` (or `name`); undefined for any other. Such a dimension can bind its name. */
export function bindable(dim: Dim): Bindable | undefined {
  if (typeof dim === "number") return undefined;
  const [term, ...rest] = dimTerms(dim);
  const name = term?.names[0];
  if (term === undefined || name === undefined || rest.length > 0 || term.names.length > 1) return undefined;
  return { name, factor: term.coefficient };
}

function names(term: string): readonly string[] {
  return term === "" ? [] : term.split("*");
}

function parse(dim: Dim): Polynomial {
  if (typeof dim === "number") {
    if (!Number.isSafeInteger(dim) || dim < 0) throw invalid(dim);
    return new Map([["", dim]]);
  }
  const polynomial = new Map<string, number>();
  for (const term of dim.split("+")) {
    let coefficient = 1;
    const variables: string[] = [];
    for (const factor of term.split("*").map((f) => f.trim())) {
      if (/^\d+$/.test(factor)) coefficient *= Number(factor);
      else if (/^[A-Za-z_]\w*$/.test(factor)) variables.push(factor);
      else throw invalid(dim);
    }
    const key = variables.sort().join("*");
    polynomial.set(key, (polynomial.get(key) ?? 0) + coefficient);
  }
  return polynomial;
}

function format(polynomial: Polynomial): Dim {
  const terms = [...polynomial].filter(([, n]) => n !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  if (terms.length === 0) return 0;
  const [only] = terms;
  if (terms.length === 1 && only?.[0] === "") return only[1];
  return terms.map(([term, n]) => (term === "" ? String(n) : n === 1 ? term : `${n}*${term}`)).join(" + ");
}

function invalid(dim: Dim): GlimpseError {
  return new GlimpseError(
    {
      subject: `dimension ${JSON.stringify(dim)}`,
      problem: "it is not a dimension",
      expected: 'a whole number, a name, or a sum of products such as "past + text"',
    },
    { code: "invalid-graph" },
  );
}
