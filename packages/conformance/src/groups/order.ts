// order: several runs and several graphs of one program, awaited or not.
import type { Backend, Program } from "@glimpsejs/backend";
import { buildGraph, float32, type Graph, type HostTensor } from "@glimpsejs/graph";
import { expectClose, expectOutputs } from "../expect-close.ts";
import { readAll, weightSource } from "../problem.ts";
import { Random } from "../random.ts";
import type { ConformanceTest, Context } from "../suite.ts";
import { exact } from "../tolerances.ts";

/** The tests of order. */
export const orderTests: readonly ConformanceTest[] = [
  { name: "runs that are not awaited end in call order, each with its own result", run: callOrder },
  { name: "an output may be fed to the next run before it is read", run: chain },
  { name: "graphs of one program share its weights", run: sharedWeights },
  { name: "a selection of outputs gives those and no others", run: selection },
  { name: "dispose waits for runs under way, whose results stay", run: disposeWaits },
];

const n = 16;
const weights = { weight: new Random(19).normal([n, n], 0.3) };

/** x [rows, N] → "product" x · weightᵀ, "double" x + x */
function graphOf(name: string): Graph {
  return buildGraph(name, (b) => {
    const x = b.input("x", "float32", ["rows", n]);
    b.output("product", b.op("linear", { x, weight: b.weight("weight", [n, n]) }, {}));
    b.output("double", b.op("add", { a: x, b: x }, {}));
  });
}

function compile(backend: Backend): Promise<Program<"first" | "second">> {
  return backend.compile({ first: graphOf("first"), second: graphOf("second") }, weightSource(weights));
}

async function product(program: Program<"first" | "second">, x: HostTensor): Promise<HostTensor> {
  const outputs = await program.run("first", { x }, ["product"]);
  return (await readAll(outputs)).product;
}

async function callOrder({ backend, oracle, tolerances }: Context): Promise<void> {
  const [program, oracleProgram] = [await compile(backend), await compile(oracle)];
  const random = new Random(20);
  const ended: number[] = [];
  // The first runs have most to do, so that they would end last if they ran side by side.
  const feeds = [400, 100, 20, 5, 1].map((rows) => random.normal([rows, n]));
  const runs = feeds.map(async (x, i) => {
    const outputs = await program.run("first", { x }, ["product"]);
    ended.push(i);
    return (await readAll(outputs)).product;
  });
  const results = await Promise.all(runs);
  if (ended.join() !== "0,1,2,3,4") throw new Error(`runs ended in the order ${ended.join()}, expected 0,1,2,3,4.`);
  for (const [i, x] of feeds.entries()) {
    expectClose(results[i] ?? x, await product(oracleProgram, x), tolerances.float32, `run ${i}`);
  }
  await Promise.all([program.dispose(), oracleProgram.dispose()]);
}

async function chain({ backend, oracle, tolerances }: Context): Promise<void> {
  const [program, oracleProgram] = [await compile(backend), await compile(oracle)];
  const x = new Random(21).normal([3, n]);
  const first = await program.run("first", { x }, ["product"]);
  const second = await program.run("second", { x: first.product }, ["product"]);
  first.product.dispose();
  const expected = await product(oracleProgram, await product(oracleProgram, x));
  expectClose((await readAll(second)).product, expected, tolerances.float32);
  await Promise.all([program.dispose(), oracleProgram.dispose()]);
}

async function sharedWeights({ backend }: Context): Promise<void> {
  const program = await compile(backend);
  const feeds = { x: new Random(22).normal([2, n]) };
  const first = await readAll(await program.run("first", feeds));
  expectOutputs(await readAll(await program.run("second", feeds)), first, { float32: exact });
  await program.dispose();
}

async function selection({ backend }: Context): Promise<void> {
  const program = await compile(backend);
  const x = float32(new Float32Array(n).fill(1.5), [1, n]);
  const double = float32(new Float32Array(n).fill(3), [1, n]);
  expectOutputs(await readAll(await program.run("first", { x }, ["double"])), { double }, { float32: exact });
  const all = Object.keys(await readAll(await program.run("first", { x }))).sort();
  if (all.join() !== "double,product") throw new Error(`expected the outputs double and product, got ${all.join()}.`);
  await program.dispose();
}

async function disposeWaits({ backend, oracle, tolerances }: Context): Promise<void> {
  const [program, oracleProgram] = [await compile(backend), await compile(oracle)];
  const x = new Random(23).normal([50, n]);
  const run = program.run("first", { x }, ["product"]);
  await program.dispose();
  const { product: result } = await readAll(await run);
  expectClose(result, await product(oracleProgram, x), tolerances.float32);
  await oracleProgram.dispose();
}
