// choices: tokens chosen on the device. Ties, rows that nothing can be chosen from, and a choice fed on without being read.
import { buildGraph, float32, type HostTensor, int32 } from "@glimpsejs/graph";
import { expectClose, expectOutputs } from "../expect-close.ts";
import { type Problem, problem, readAll, solve, weightSource } from "../problem.ts";
import { Random } from "../random.ts";
import type { ConformanceTest, Context } from "../suite.ts";
import { exact } from "../tolerances.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const width = 300; // more than a workgroup, no multiple of one

/** The tests of choices. */
export const choiceTests: readonly ConformanceTest[] = [
  {
    name: "equal scores go to the lower index",
    async run({ backend }) {
      const x = float32(new Float32Array(2 * width), [2, width]);
      x.data.set([5, 5], 100);
      x.data.set([7, 7, 7], width + 298 - 2);
      const { 0: best, 1: values, 2: indices } = await solve(backend, choosing(x, 4));
      const expected = {
        best: int32([100, 296], [2]),
        values: float32([5, 5, 0, 0, 7, 7, 7, 0], [2, 4]),
        indices: int32([100, 101, 0, 1, 296, 297, 298, 0], [2, 4]),
      };
      expectOutputs({ best: best ?? x, values: values ?? x, indices: indices ?? x }, expected, { float32: exact });
    },
  },
  ...[
    ["NaN", nan],
    ["+∞", infinity],
  ].map(
    ([title, value]): ConformanceTest => ({
      name: `rows with ${title} anywhere are bad`,
      run: (context) =>
        badRows(context, (row, i) => row.fill(Number(value), [0, 255, 299][i % 3], ([0, 255, 299][i % 3] ?? 0) + 1)),
    }),
  ),
  {
    name: "rows with both NaN and +∞ are bad",
    run: (context) => badRows(context, (row) => row.set([infinity, nan], 150)),
  },
  { name: "rows of NaN are bad", run: (context) => badRows(context, (row) => row.fill(nan)) },
  { name: "rows of −∞ are bad", run: (context) => badRows(context, (row) => row.fill(-infinity)) },
  {
    name: "a masked token cannot win, nor count among the best",
    async run({ backend, oracle, tolerances }) {
      const random = new Random(31);
      const x = random.normal([3, width]);
      const best = await solve(oracle, choosing(x, 8));
      const generated = choosing(x, 8, best[2]);
      const solved = await solve(backend, generated);
      expectOutputs(solved, await solve(oracle, generated), tolerances);
      if ([...(solved[0]?.data ?? [])].some((token, i) => [...(best[0]?.data ?? [])][i] === token)) {
        throw new Error("a masked token was chosen.");
      }
    },
  },
  { name: "the tokens of one run are the ids of the next, unread", run: unread },
];

/** argMax, topK and logSumExp of x, less the tokens of `masked`. */
function choosing(x: HostTensor<"float32">, k: number, masked?: HostTensor): Problem {
  return problem("choosing", (p) => {
    const fed = p.feed("x", x, ["rows", width]);
    const left =
      masked === undefined
        ? fed
        : p.b.op("maskTokens", { x: fed, tokens: p.feed("masked", masked, ["rows", "masked"]) }, {});
    p.results([
      p.b.op("argMax", { x: left }, {}),
      ...p.b.ops("topK", { x: left }, { k }),
      p.b.op("logSumExp", { x: left }, {}),
    ]);
  });
}

/** Every second row is spoiled; the others must not notice. */
async function badRows(
  { backend, oracle, tolerances }: Context,
  spoil: (row: Float32Array, i: number) => void,
): Promise<void> {
  const [rows, k] = [6, 5];
  const x = new Random(30).normal([rows, width]);
  const { 0: tokens, 2: indices, 3: sums } = await solve(oracle, choosing(x, k));
  if (tokens?.dtype !== "int32" || indices?.dtype !== "int32" || sums?.dtype !== "float32") {
    throw new TypeError("a choice has the wrong dtype.");
  }
  for (let r = 1; r < rows; r += 2) {
    spoil(x.data.subarray(r * width, (r + 1) * width), (r - 1) / 2);
    tokens.data[r] = -1;
    indices.data.fill(-1, r * k, (r + 1) * k);
    sums.data[r] = nan;
  }
  const solved = await solve(backend, choosing(x, k));
  expectClose(solved[0] ?? x, tokens, exact, "argMax");
  expectClose(solved[2] ?? x, indices, exact, "indices of topK");
  expectClose(solved[3] ?? x, sums, tolerances.float32, "logSumExp");
}

/** A table of words that each call for another word, walked without looking. */
async function unread({ backend }: Context): Promise<void> {
  const words = 40;
  const next = (word: number) => (7 * word + 3) % words;
  const table = float32(
    Float32Array.from({ length: words * words }, (_, i) => (i % words === next(Math.floor(i / words)) ? 1 : 0)),
    [words, words],
  );
  const graph = buildGraph("walk", (b) => {
    const ids = b.input("ids", "int32", ["rows", 1]);
    const x = b.op("embedding", { table: b.weight("table", [words, words]), ids }, {});
    const row = b.op("reshape", { x }, { shape: ["rows", words] });
    b.output("next", b.op("reshape", { x: b.op("argMax", { x: row }, {}) }, { shape: ["rows", 1] }));
  });
  const program = await backend.compile({ graph }, weightSource({ table }));
  let ids = backend.upload(int32([0, 5, 39], [3, 1]));
  let expected = [0, 5, 39];
  for (let step = 0; step < 5; step++) {
    const outputs = await program.run("graph", { ids }, ["next"]);
    ids.dispose();
    ids = outputs.next;
    expected = expected.map(next);
  }
  expectClose((await readAll({ ids })).ids, int32(expected, [3, 1]), exact);
  await program.dispose();
}
