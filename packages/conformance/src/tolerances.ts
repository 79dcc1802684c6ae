// How far a backend's numbers may be from the expected ones: the only place where such numbers stand.

/** Two numbers are close when |actual − expected| ≤ absolute + relative · |expected|. */
export interface Tolerance {
  /** Allowed whatever the number is; 0 or more. */
  readonly absolute: number;
  /** Allowed as a fraction of the expected number; 0 or more. */
  readonly relative: number;
}

/** Tolerances by the dtype of the values. Integers are always compared exactly. */
export interface Tolerances {
  /** For float32 values. */
  readonly float32: Tolerance;
}

const byBackend: Readonly<Record<string, Tolerances>> = {
  // Sums in double precision: what remains is the rounding of each op's result.
  reference: { float32: { absolute: 3e-6, relative: 3e-6 } },
};

const others: Tolerances = { float32: { absolute: 2e-5, relative: 2e-5 } };

/** The tolerances of the backend of that name; those of backends that the table does not know are the same for all. */
export function tolerancesOf(backend: string): Tolerances {
  return Object.hasOwn(byBackend, backend) ? (byBackend[backend] ?? others) : others;
}

/** For values that are only moved or counted. */
export const exact: Tolerance = { absolute: 0, relative: 0 };
