// tensors: values to the device and back, unchanged; and weights in every stored dtype.
import type { Backend } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";
import { bytesPerElement, type DType, float32, type HostTensor, int32, viewAs } from "@glimpsejs/graph";
import { expectClose } from "../expect-close.ts";
import { expectError } from "../expect-error.ts";
import { problem, solve } from "../problem.ts";
import { Random } from "../random.ts";
import type { ConformanceTest } from "../suite.ts";
import { exact } from "../tolerances.ts";

/** The tests of tensors. */
export const tensorTests: readonly ConformanceTest[] = [
  ...(["float32", "int32"] as const).map(
    (dtype): ConformanceTest => ({
      name: `${dtype} comes back as it was uploaded`,
      run: ({ backend }) => roundTrips(backend, dtype),
    }),
  ),
  {
    name: "dtypes that graphs do not compute in come back as they were uploaded, or are refused",
    async run({ backend }) {
      // The table's keys are exactly the dtypes.
      for (const dtype of Object.keys(bytesPerElement) as readonly DType[]) {
        try {
          await roundTrips(backend, dtype);
        } catch (error) {
          if (!GlimpseError.isInstance(error)) throw error;
        }
      }
    },
  },
  {
    name: "what is read is a copy",
    async run({ backend }) {
      const tensor = backend.upload(float32([1, 2], [2]));
      const { data } = await tensor.read();
      data.fill(0 as never); // a number for all arrays but one
      expectClose(await tensor.read(), float32([1, 2], [2]), exact);
      tensor.dispose();
    },
  },
  {
    name: "an uploaded tensor does not change with the array it came from",
    async run({ backend }) {
      const data = Float32Array.of(1, 2);
      const tensor = backend.upload(float32(data, [2]));
      data[0] = 9;
      expectClose(await tensor.read(), float32([1, 2], [2]), exact);
      tensor.dispose();
    },
  },
  {
    name: "dispose may be called twice, and ends the tensor",
    async run({ backend }) {
      const tensor = backend.upload(int32([1], [1]));
      tensor.dispose();
      tensor.dispose();
      await expectError(() => tensor.read(), ["disposed"]);
    },
  },
  {
    name: "weights are exact in every dtype that the backend takes as stored",
    async run({ backend }) {
      for (const [dtype, stored] of Object.entries(storedNumbers)) {
        if (backend.dtypes.has(stored.dtype)) await storedWeight(backend, dtype, stored);
      }
    },
  },
];

/** Zero-size, scalar, and byte lengths that are no multiple of 4. Bits are random; bool has 0 and 1 only. */
async function roundTrips(backend: Backend, dtype: DType): Promise<void> {
  const random = new Random(18);
  for (const shape of [[0], [2, 0, 3], [], [1], [3], [5, 1], [7, 3]]) {
    const count = shape.reduce((product, size) => product * size, 1);
    const highest = dtype === "bool" ? 1 : 127; // keeps floats from being NaN, whose bits may change
    const bytes = Uint8Array.from({ length: count * bytesPerElement[dtype] }, () => random.integer(0, highest));
    const value = { dtype, shape, data: viewAs(bytes.slice(), dtype) } as HostTensor; // viewAs pairs dtype and data
    const tensor = backend.upload(value);
    expectClose(await tensor.read(), value, exact, `${dtype} [${shape.join(", ")}]`);
    tensor.dispose();
  }
}

const numbers = [0, 1, -2, 0.5, -0.15625];

const storedNumbers: Readonly<Record<string, HostTensor>> = {
  float64: { dtype: "float64", shape: [5, 1], data: Float64Array.from(numbers) },
  float32: float32(numbers, [5, 1]),
  float16: { dtype: "float16", shape: [5, 1], data: Uint16Array.of(0, 0x3c00, 0xc000, 0x3800, 0xb100) },
  bfloat16: { dtype: "bfloat16", shape: [5, 1], data: Uint16Array.of(0, 0x3f80, 0xc000, 0x3f00, 0xbe20) },
};

async function storedWeight(backend: Backend, dtype: string, stored: HostTensor): Promise<void> {
  const ids = int32([0, 1, 2, 3, 4], [5]);
  const { graph, feeds } = problem(`stored as ${dtype}`, (p) => {
    const table = p.weight("table", float32(numbers, [5, 1]));
    p.results([p.b.op("embedding", { table, ids: p.feed("ids", ids) }, {})]);
  });
  const { 0: picked = stored } = await solve(backend, { graph, feeds, weights: { table: stored } });
  expectClose(picked, float32(numbers, [5, 1]), exact, dtype);
}
