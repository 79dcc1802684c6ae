// What the host does with a row of logits: read it, check it, take its maximum, turn it into log-probabilities.
import type { DeviceTensor } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";
import type { HostTensor } from "@glimpsejs/graph";

/** Throws "non-finite" if one of `sums`, each log Σ exp of a row of logits, is not a number: such a row is bad. */
export function checkNumbers(sums: Float32Array): void {
  if (sums.every(Number.isFinite)) return;
  throw nonFinite();
}

/** The error of a row of logits that no token can be chosen from. */
export function nonFinite(): GlimpseError {
  return new GlimpseError(
    {
      subject: "logits",
      problem: "the model computed a value that is not a number",
      advice: "The weights or the pixel values hold NaN or infinity.",
    },
    { code: "non-finite" },
  );
}

/** Reads a float32 tensor and frees it. */
export async function readFloats(tensor: DeviceTensor): Promise<HostTensor<"float32">> {
  try {
    const host = await tensor.read();
    if (host.dtype === "float32") return host;
    throw wrongDtype("float32", host);
  } finally {
    tensor.dispose();
  }
}

/** Reads tensors and frees them, all of them also if a read fails. The reads are asked for together. */
export async function readAll<Names extends string>(
  tensors: Readonly<Record<Names, DeviceTensor>>,
): Promise<Readonly<Partial<Record<Names, HostTensor>>>> {
  const entries = Object.entries<DeviceTensor>(tensors);
  const reads = await Promise.allSettled(entries.map(([, tensor]) => tensor.read()));
  for (const [, tensor] of entries) tensor.dispose();
  const read: Record<string, HostTensor> = {};
  for (const [i, [name]] of entries.entries()) {
    const result = reads[i];
    if (result?.status === "rejected") throw result.reason;
    if (result !== undefined) read[name] = result.value;
  }
  return read as Partial<Record<Names, HostTensor>>; // the names are those of `tensors`
}

/** The elements of a float32 output. Throws "backend" for any other. */
export function floatsOf(output: HostTensor | undefined): Float32Array {
  if (output?.dtype === "float32") return output.data;
  throw wrongDtype("float32", output);
}

/** The elements of an int32 output. Throws "backend" for any other. */
export function intsOf(output: HostTensor | undefined): Int32Array {
  if (output?.dtype === "int32") return output.data;
  throw wrongDtype("int32", output);
}

function wrongDtype(expected: string, output: HostTensor | undefined): GlimpseError {
  const got = output?.dtype ?? "nothing";
  return new GlimpseError(
    { subject: "output", problem: "the backend returned the wrong dtype", expected, got },
    { code: "backend" },
  );
}

/** Reads float32 tensors one after the other and frees them, all of them also if a read fails. */
export async function readAllFloats<Names extends string>(
  tensors: Readonly<Record<Names, DeviceTensor>>,
): Promise<Readonly<Record<Names, HostTensor<"float32">>>> {
  const read: Record<string, HostTensor<"float32">> = {};
  try {
    for (const [name, tensor] of Object.entries<DeviceTensor>(tensors)) read[name] = await readFloats(tensor);
    return read as Record<Names, HostTensor<"float32">>; // every name was read
  } finally {
    for (const tensor of Object.values<DeviceTensor>(tensors)) tensor.dispose();
  }
}

/** Row `i` of a [R, V] tensor, a view. */
export function row(tensor: HostTensor<"float32">, i: number): Float32Array {
  const width = tensor.shape.at(-1) ?? 0;
  return tensor.data.subarray(i * width, (i + 1) * width);
}

/** The index of the first largest value. */
export function argMax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

/** log Σ exp(values), computed in double precision around the maximum. */
export function logSumExp(values: Float32Array): number {
  const max = values[argMax(values)] ?? 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] ?? 0) - max);
  return max + Math.log(sum);
}

/** Log-probability of one entry of a row of logits. */
export function logProbability(values: Float32Array, index: number): number {
  return (values[index] ?? Number.NEGATIVE_INFINITY) - logSumExp(values);
}
