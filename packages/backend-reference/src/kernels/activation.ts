// activation: the functions that checkpoints name in `hidden_act`.
import { type ActivationFunction, float32 } from "@glimpsejs/graph";
import { floats } from "../tensor.ts";
import { erf } from "./erf.ts";
import type { Kernel } from "./kernel.ts";

const selu = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

const functions: Readonly<Record<ActivationFunction, (x: number) => number>> = {
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  gelu_new: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  quick_gelu: (x) => x / (1 + Math.exp(-1.702 * x)),
  relu: (x) => Math.max(x, 0),
  silu: (x) => x / (1 + Math.exp(-x)),
  selu: (x) => selu.scale * (x > 0 ? x : selu.alpha * Math.expm1(x)),
};

/** x of any shape → the same shape */
export const activation: Kernel<"activation"> = ({ x }, attributes) => [
  float32(floats(x).map(functions[attributes.function]), x.shape),
];
