// The check every backend makes before it loads anything: does the source have what the graphs need?
import { GlimpseError, type Problem } from "@glimpsejs/base";
import { type DType, formatType, type Graph, type WeightSource } from "@glimpsejs/graph";

const quantized: ReadonlySet<DType> = new Set(["int8", "uint8"]);

/**
 * Throws one "invalid-weights" error listing every weight of `graphs` that `weights` lacks, has in another shape, or
 * stores in a dtype that does not do: one of `dtypes`, those that the backend takes, for a float32 weight, and the
 * weight's own for any other.
 */
export function checkWeights(graphs: readonly Graph[], weights: WeightSource, dtypes: ReadonlySet<DType>): void {
  const problems: Problem[] = [];
  const checked = new Set<string>();
  for (const [name, type] of graphs.flatMap((graph) => Object.entries(graph.weights))) {
    const key = `${name} ${formatType(type)}`; // graphs share weights, but may disagree on a shape
    if (checked.has(key)) continue;
    checked.add(key);
    const weight = weights.get(name);
    const subject = `weight "${name}"`;
    if (weight === undefined) problems.push({ subject, problem: "it is missing", expected: formatType(type) });
    else if (weight.shape.join() !== type.shape.join()) {
      problems.push({
        subject,
        problem: "it has the wrong shape",
        expected: `[${type.shape.join(", ")}]`,
        got: `[${weight.shape.join(", ")}]`,
      });
    } else if (type.dtype !== "float32" && weight.dtype !== type.dtype) {
      problems.push({ subject, problem: "it has the wrong dtype", expected: type.dtype, got: weight.dtype });
    } else if (!dtypes.has(weight.dtype) || (type.dtype === "float32" && quantized.has(weight.dtype))) {
      const takes = [...dtypes].filter((dtype) => (type.dtype === "float32") !== quantized.has(dtype));
      const expected = takes.join(", ") || "no such weight";
      problems.push({ subject, problem: "its dtype cannot be computed with", expected, got: weight.dtype });
    }
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-weights" });
}
