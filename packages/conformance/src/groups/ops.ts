// ops: every op against the reference backend on generated problems, and against PyTorch on recorded ones.
import { type OpName, ops } from "@glimpsejs/graph";
import { expectOutputs } from "../expect-close.ts";
import { problem, solve } from "../problem.ts";
import { Random } from "../random.ts";
import type { ConformanceTest, Context } from "../suite.ts";
import { exact } from "../tolerances.ts";
import { goldenTests } from "./golden-ops.ts";
import { opProblems } from "./op-problems.ts";

const names = Object.keys(ops) as readonly OpName[]; // the table's keys are exactly the names
const rounds = 8;

/** The tests of single ops. */
export const opTests: readonly ConformanceTest[] = [
  ...names.flatMap((op): readonly ConformanceTest[] => [
    { name: `${op} equals the reference`, run: (context) => compare(context, op, false) },
    { name: `${op} of nothing equals the reference`, run: (context) => compare(context, op, true) },
  ]),
  ...goldenTests("ops"),
  {
    name: "an input or a weight may be an output",
    async run({ backend }) {
      const random = new Random(1);
      const [x, w] = [random.normal([2, 3]), random.normal([4])];
      const both = problem("identity", (p) => p.results([p.feed("x", x, ["rows", 3]), p.weight("w", w)]));
      expectOutputs(await solve(backend, both), { 0: x, 1: w }, { float32: exact });
    },
  },
];

async function compare({ backend, oracle, tolerances }: Context, op: OpName, empty: boolean): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const seed = 1000 * names.indexOf(op) + round;
    const random = new Random(seed);
    const generated = problem(op, (p) => opProblems[op](p, random, empty));
    try {
      expectOutputs(await solve(backend, generated), await solve(oracle, generated), tolerances);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${op}, seed ${seed}${empty ? ", empty" : ""}: ${reason}`, { cause });
    }
  }
}
