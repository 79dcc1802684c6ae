// Random problems for quantizedLinear, whose backends may round the rows of x to 8 bits, each its own way.
import { float32, type HostTensor, type QuantizedFormat, type Value } from "@glimpsejs/graph";
import type { ProblemBuilder } from "../problem.ts";
import type { Random } from "../random.ts";

/** A quantized weight and its scales as values of a problem. */
export interface QuantizedValues {
  readonly weight: Value;
  readonly scales: Value;
}

/** Random numbers over the whole range of the format, with scales of either sign and of magnitudes 0 to 0.02. */
export function quantizedWeight(
  p: ProblemBuilder,
  random: Random,
  name: string,
  n: number,
  k: number,
  { bits, block }: QuantizedFormat,
): QuantizedValues {
  const weight: HostTensor<"int8" | "uint8"> =
    bits === 8
      ? { dtype: "int8", shape: [n, k], data: Int8Array.from({ length: n * k }, () => random.integer(-127, 127)) }
      : {
          dtype: "uint8",
          shape: [n, k / 2],
          data: Uint8Array.from({ length: (n * k) / 2 }, () => random.integer(0, 255)),
        };
  const scales = float32(
    Float32Array.from({ length: (n * k) / block }, () => (random.uniform() - 0.5) * 0.04),
    [n, k / block],
  );
  return { weight: p.weight(`${name}.int${bits}`, weight), scales: p.weight(`${name}.scales`, scales) };
}

/** Every format at one K: 8 bits always, 4 bits in the blocks that divide it. */
export function formatsOf(k: number): readonly QuantizedFormat[] {
  const blocks = [16, 32, 64, 128].filter((block) => k % block === 0);
  return [{ bits: 8, block: k }, ...blocks.map((block) => ({ bits: 4, block }) as const)];
}

/**
 * Rows of 0 and one other number, which every rounding to 8 bits keeps: what remains is the weight, so that a wrong
 * order, sign or scale shows.
 */
export function quantizedProblem(p: ProblemBuilder, random: Random, empty: boolean): void {
  const [b, s] = [random.integer(1, 3), empty ? 0 : random.integer(1, 4)];
  const k = random.pick([random.integer(1, 20), 16, 48, 64, 128, 256]);
  const n = random.integer(1, 9);
  const bias = p.weight("bias", random.normal([n]));
  const value = random.pick([1, -1, 0.75, 3]);
  const rows = (shape: readonly number[]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return float32(
      Float32Array.from({ length: count }, () => (random.uniform() < 0.3 ? value : 0)),
      shape,
    );
  };
  const x = p.feed("x", rows([b, s, k]), ["batch", "text", k]);
  const flat = p.feed("flat", rows([s, k]), ["text", k]);
  const vector = p.feed("vector", rows([k]));
  p.results(
    formatsOf(k).flatMap((format, i) => {
      const weight = quantizedWeight(p, random, `w${i}`, n, k, format);
      return [
        p.b.op("quantizedLinear", { x, ...weight, bias }, format),
        p.b.op("quantizedLinear", { x, ...weight }, format),
        p.b.op("quantizedLinear", { x: flat, ...weight, bias }, format),
        p.b.op("quantizedLinear", { x: vector, ...weight, bias }, format),
      ];
    }),
  );
}
