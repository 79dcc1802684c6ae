// Single ops with the results that PyTorch gave in double precision; goldens/make_goldens.py made them.
import { type Builder, float32, type HostTensor, int32, type OpName, type Value } from "@glimpsejs/graph";
import { expectOutputs } from "../expect-close.ts";
import goldens from "../goldens/ops.json" with { type: "json" };
import { problem, solve } from "../problem.ts";
import type { ConformanceTest } from "../suite.ts";

interface RecordedTensor {
  readonly dtype: "float32" | "int32";
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Golden {
  readonly group: string;
  readonly name: string;
  readonly op: string;
  readonly attributes: object;
  readonly inputs: Readonly<Record<string, RecordedTensor | readonly RecordedTensor[]>>;
  readonly outputs: readonly RecordedTensor[];
}

const weights: ReadonlySet<string> = new Set(["weight", "bias", "table", "distances"]);

/** The recorded tests of one group. */
export function goldenTests(group: string): readonly ConformanceTest[] {
  // What the generator wrote; the type of imported JSON has a variant for every record.
  const all = goldens as unknown as readonly Golden[];
  return all.filter((golden) => golden.group === group).map(goldenTest);
}

function goldenTest(golden: Golden): ConformanceTest {
  return {
    name: `${golden.name} equals PyTorch`,
    async run({ backend, tolerances }) {
      const recorded = problem(golden.name, (p) => {
        const enter = (name: string, tensor: RecordedTensor) => {
          const value = hostTensor(tensor);
          return weights.has(name) && value.dtype === "float32" ? p.weight(name, value) : p.feed(name, value);
        };
        const inputs: Record<string, Value | readonly Value[]> = {};
        for (const [name, tensor] of Object.entries(golden.inputs)) {
          inputs[name] = "data" in tensor ? enter(name, tensor) : tensor.map((t, i) => enter(`${name}.${i}`, t));
        }
        p.results(addNode(p.b, golden, inputs));
      });
      const expected = golden.outputs.map((output, i) => [String(i), hostTensor(output)]);
      expectOutputs(await solve(backend, recorded), Object.fromEntries(expected), tolerances);
    },
  };
}

function hostTensor({ dtype, shape, data }: RecordedTensor): HostTensor<"float32"> | HostTensor<"int32"> {
  return dtype === "float32" ? float32(data, shape) : int32(data, shape);
}

function addNode(b: Builder, { op, attributes }: Golden, inputs: Readonly<Record<string, Value | readonly Value[]>>) {
  // Recorded nodes are untyped; the builder's shape inference checks them.
  return b.ops(op as OpName, inputs as never, attributes as never);
}
