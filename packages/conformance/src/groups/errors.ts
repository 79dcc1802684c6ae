// errors: what goes wrong is said in one typed error, completely, and the next call works.
import type { Backend, DeviceTensor, Feeds, Program } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import {
  buildGraph,
  float32,
  type Graph,
  type HostTensor,
  int32,
  type Node,
  type WeightSource,
} from "@glimpsejs/graph";
import { expectClose } from "../expect-close.ts";
import { expectError } from "../expect-error.ts";
import { readAll, weightSource } from "../problem.ts";
import type { ConformanceTest, Context } from "../suite.ts";

/** The tests of errors. */
export const errorTests: readonly ConformanceTest[] = [
  { name: "a graph with unknown ops lists every such node", run: unknownOps },
  { name: "an illegal graph lists every broken node", run: brokenNodes },
  { name: "missing weights are all listed", run: missingWeights },
  { name: "misshapen weights are all listed", run: misshapenWeights },
  { name: "an aborted signal stops compile before it reads a weight", run: abortedBefore },
  { name: "an abort while weights are read stops compile", run: abortedDuring },
  { name: "wrong feeds are all listed", run: wrongFeeds },
  { name: "unknown graphs and outputs are named", run: unknownNames },
  { name: "a tensor of another backend is refused", run: foreignTensor },
  { name: "a run after a rejected run works", run: recovers },
  { name: "a disposed program refuses to run", run: disposedProgram },
  { name: "a disposed backend refuses everything, its tensors too", run: disposedBackend },
];

/** x [rows, 2] → two linear layers, "in.weight" [3, 2] and "out.weight" [2, 3] */
const mlp = buildGraph("mlp", (b) => {
  const x = b.input("x", "float32", ["rows", 2]);
  const hidden = b.at("in").op("linear", { x, weight: b.at("in").weight("weight", [3, 2]) }, {});
  b.output("y", b.at("out").op("linear", { x: hidden, weight: b.at("out").weight("weight", [2, 3]) }, {}));
});
const weights = { "in.weight": float32([1, 0, 0, 1, 1, 1], [3, 2]), "out.weight": float32([1, 0, 0, 0, 1, 1], [2, 3]) };
const x = float32([1, 2, 3, 4], [2, 2]);
const y = float32([1, 5, 3, 11], [2, 2]); // x · inᵀ = [1, 2, 3], [3, 4, 7]

const compile = (backend: Backend) => backend.compile({ mlp }, weightSource(weights));

async function works(program: Program<"mlp">, { tolerances }: Context): Promise<void> {
  const outputs = await program.run("mlp", { x }, ["y"]);
  expectClose((await readAll(outputs)).y, y, tolerances.float32);
}

async function unknownOps({ backend }: Context): Promise<void> {
  const nodes = mlp.nodes.map((node) => ({ ...node, op: "frobnicate" }) as unknown as Node); // no such op, on purpose
  const graph: Graph = { ...mlp, nodes };
  await expectError(
    () => backend.compile({ graph }, weightSource(weights)),
    ["unsupported", "invalid-graph"],
    ['frobnicate "in"', 'frobnicate "out"'],
  );
}

async function brokenNodes({ backend }: Context): Promise<void> {
  const nodes = mlp.nodes.map((node) => ({ ...node, inputs: { ...node.inputs, weight: "gone" } }) as Node);
  const graph: Graph = { ...mlp, nodes };
  await expectError(
    () => backend.compile({ graph }, weightSource(weights)),
    ["unsupported", "invalid-graph"],
    ['linear "in"', 'linear "out"'],
  );
}

async function missingWeights({ backend }: Context): Promise<void> {
  const none: WeightSource = weightSource({});
  await expectError(() => backend.compile({ mlp }, none), ["invalid-weights"], ["in.weight", "out.weight"]);
}

async function misshapenWeights({ backend }: Context): Promise<void> {
  const flat = weightSource({ "in.weight": float32([1, 2], [2]), "out.weight": float32([1], [1, 1]) });
  await expectError(() => backend.compile({ mlp }, flat), ["invalid-weights"], ["in.weight", "out.weight"]);
}

async function abortedBefore({ backend }: Context): Promise<void> {
  const { source, reads } = watched(() => {});
  await expectError(() => backend.compile({ mlp }, source, AbortSignal.abort()), ["aborted"]);
  if (reads.length > 0) throw new Error(`compile read ${reads.join(", ")} although it was aborted.`);
}

async function abortedDuring({ backend }: Context): Promise<void> {
  const controller = new AbortController();
  const { source, reads } = watched(() => controller.abort());
  let program: Program<"mlp">;
  try {
    program = await backend.compile({ mlp }, source, controller.signal);
  } catch (error) {
    return expectError(() => Promise.reject(error), ["aborted"]);
  }
  await program.dispose();
  // A backend that loads lazily has read nothing yet, so nothing has been aborted.
  if (reads.length > 0) throw new Error(`compile went on after ${reads[0]}, although it was aborted there.`);
}

/** The weights of the graph above, and which of them have been read. */
function watched(onRead: () => void): { readonly source: WeightSource; readonly reads: readonly string[] } {
  const reads: string[] = [];
  const plain = weightSource(weights);
  const source: WeightSource = {
    names: plain.names,
    get(name) {
      const weight = plain.get(name);
      return (
        weight && {
          ...weight,
          async bytes(signal) {
            reads.push(name);
            onRead();
            return weight.bytes(signal);
          },
        }
      );
    },
  };
  return { source, reads };
}

async function wrongFeeds(context: Context): Promise<void> {
  const sum = buildGraph("sum", (b) => {
    const [a, c] = [b.input("a", "float32", ["rows", 2]), b.input("c", "float32", ["rows", 2])];
    const ids = b.input("ids", "int32", ["rows"]);
    const table = b.weight("in.weight", [3, 2]);
    const picked = b.op("embedding", { table, ids }, {});
    b.output("sum", b.op("add", { a: b.op("add", { a, b: c }, {}), b: picked }, {}));
  });
  const program = await context.backend.compile({ sum }, weightSource(weights));
  const feeds: Readonly<Record<string, HostTensor>> = {
    a: float32([1, 2, 3], [1, 3]),
    ids: float32([0], [1]),
    other: x,
  };
  await expectError(() => program.run("sum", feeds), ["invalid-argument"], ['"a"', '"c"', '"ids"', '"other"']);
  await program.dispose();
}

async function unknownNames(context: Context): Promise<void> {
  const program = await compile(context.backend);
  const run: (graph: string, feeds: Feeds, outputs?: readonly string[]) => Promise<unknown> = (graph, ...rest) =>
    program.run(graph as "mlp", ...rest); // a name that the types do not allow
  await expectError(() => run("mpl", { x }), ["invalid-argument"], ["mpl"]);
  await expectError(() => run("mlp", { x }, ["y", "z"]), ["invalid-argument"], ['"z"']);
  await works(program, context);
  await program.dispose();
}

async function foreignTensor(context: Context): Promise<void> {
  const program = await compile(context.backend);
  const other = await reference().open();
  const tensor: DeviceTensor = other.upload(x);
  await expectError(() => program.run("mlp", { x: tensor }), ["invalid-argument"], ['"x"']);
  await Promise.all([program.dispose(), other.dispose()]);
}

async function recovers(context: Context): Promise<void> {
  const program = await compile(context.backend);
  await expectError(() => program.run("mlp", { x: int32([1, 2], [1, 2]) }), ["invalid-argument"], ['"x"']);
  const rejected = program.run("mlp", {}).catch(() => {});
  await works(program, context); // not awaited in between
  await rejected;
  await program.dispose();
}

async function disposedProgram({ backend }: Context): Promise<void> {
  const program = await compile(backend);
  await program.dispose();
  await program.dispose();
  await expectError(() => program.run("mlp", { x }), ["disposed"]);
}

async function disposedBackend({ plugin }: Context): Promise<void> {
  const backend = await plugin.open();
  const [program, tensor] = [await compile(backend), backend.upload(x)];
  await backend.dispose();
  await backend.dispose();
  await expectError(() => program.run("mlp", { x }), ["disposed"]);
  await expectError(() => tensor.read(), ["disposed"]);
  await expectError(() => backend.upload(x), ["disposed"]);
  await expectError(() => compile(backend), ["disposed"]);
}
