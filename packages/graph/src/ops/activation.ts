// activation: one elementwise function, named as in the `hidden_act` of checkpoints.
import type { TensorType } from "../graph.ts";
import type { OpDefinition } from "./op.ts";

/**
 * gelu: x·Φ(x) with the exact erf · gelu_new: 0.5x(1 + tanh(√(2/π)(x + 0.044715x³))) · quick_gelu: x·σ(1.702x) ·
 * relu: max(x, 0) · silu: x·σ(x) · selu: PyTorch's SELU (α 1.6732632, scale 1.0507009).
 */
export const activationFunctions = ["gelu", "gelu_new", "quick_gelu", "relu", "silu", "selu"] as const;

/** Name of an activation function. */
export type ActivationFunction = (typeof activationFunctions)[number];

/** x float32 of any shape, function one of {@link activationFunctions} → the same shape. */
export const activation: OpDefinition<{ readonly x: TensorType }, { readonly function: ActivationFunction }> = {
  infer({ x }, attributes, fail) {
    if (x.dtype !== "float32") fail({ problem: "wrong dtype", expected: "float32", got: x.dtype });
    if (!activationFunctions.includes(attributes.function)) {
      fail({ problem: "unknown function", expected: activationFunctions.join(", "), got: attributes.function });
    }
    return [x];
  },
};
