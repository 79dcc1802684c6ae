// The forms of weights that are not floats as the checkpoint has them: float16, or quantized, and the graphs that go with
// them. Nothing is read here; weights change their form when somebody reads them.
import { GlimpseError } from "@glimpsejs/base";
import type { Graph, WeightSource } from "@glimpsejs/graph";
import {
  halfWeights,
  planQuantization,
  type QuantizationPlan,
  quantizedWeights,
  quantizeGraph,
  separateTrunk,
  type WeightDType,
} from "@glimpsejs/model";
import type { StoredForm } from "./stored-form.ts";

/**
 * `graphs` and their weights in `dtype`; undefined stands for the dtype that they are stored in. Throws
 * "invalid-argument" where the checkpoint is quantized already, to another dtype.
 */
export function otherForm(
  graphs: Readonly<Record<string, Graph>>,
  weights: WeightSource,
  dtype: WeightDType | undefined,
): StoredForm {
  const stored = storedPlan(weights);
  const storedDType = dtypeOf(stored);
  if (stored.size > 0 && dtype !== undefined && dtype !== "fp32" && dtype !== storedDType) {
    throw new GlimpseError(
      {
        subject: 'option "dtype"',
        problem: "the checkpoint is quantized already",
        expected: `"${storedDType}", or "fp32" for the same numbers as floats`,
        got: `"${dtype}"`,
        advice: "Load the checkpoint that it was made of.",
      },
      { code: "invalid-argument" },
    );
  }
  const wanted = dtype ?? storedDType;
  const { decoder } = graphs;
  const separate = wanted === "int4" && decoder !== undefined ? { ...graphs, ...separateTrunk(decoder) } : graphs;
  if (wanted === "fp32") return { dtype: wanted, graphs, weights };
  if (wanted === "fp16") return { dtype: wanted, graphs, weights: halfWeights(weights) };
  const plan = stored.size > 0 ? stored : planQuantization(Object.values(separate), wanted);
  const rewritten = Object.fromEntries(
    Object.entries(separate).map(([name, graph]) => [name, quantizeGraph(graph, plan)]),
  );
  // With a tied head the word table is multiplied with, and rows are picked from it.
  const kept = new Set(Object.values(rewritten).flatMap((graph) => Object.keys(graph.weights)));
  // Rows of a table are only looked up, so that half their bits cost next to nothing.
  const tables = new Set(
    Object.values(rewritten).flatMap(({ nodes }) =>
      nodes.flatMap((node) => (node.op === "embedding" ? [node.inputs.table] : [])),
    ),
  );
  return { dtype: wanted, graphs: rewritten, weights: halfWeights(quantizedWeights(weights, plan, kept), tables) };
}

/** The weights that are stored quantized. */
function storedPlan(weights: WeightSource): QuantizationPlan {
  const formats = weights.names.map((name) => [name, weights.get(name)?.quantized?.format] as const);
  return new Map(formats.flatMap(([name, format]) => (format === undefined ? [] : [[name, format]])));
}

function dtypeOf(plan: QuantizationPlan): WeightDType {
  if (plan.size === 0) return "fp32";
  return [...plan.values()].some(({ bits }) => bits === 4) ? "int4" : "int8";
}
