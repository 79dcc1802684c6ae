// What the reference backend gives for the self-test's graph; self-test.test.ts computes it anew and compares.

/** For each number of rows: the first and the last 8 elements of y, and the token of each row. */
export const expected: readonly { readonly y: readonly number[]; readonly ids: readonly number[] }[] = [
  {
    y: [
      1.380352, -1.652301, 0.4933828, -2.625104, -3.268722, 0.7365517, -0.1648284, 1.651692, 1.901083, -1.199828,
      0.1047448, -2.132182, -3.728568, 1.202738, -0.7504599, 1.117627,
    ],
    ids: [10],
  },
  {
    y: [
      1.380352, -1.652301, 0.4933828, -2.625104, -3.268722, 0.7365517, -0.1648284, 1.651692, 1.979377, -1.017341,
      0.5427691, -2.40301, -3.945214, 1.11991, -1.212234, 1.343525,
    ],
    ids: [10, 7, 10, 1, 7, 10, 1, 1, 10, 1, 7, 10, 1, 10, 7, 1, 10, 7, 10, 1],
  },
];
