// Fits a stored checkpoint to the model: every expected weight present with its shape, nothing left over, names made
// canonical. All that does not fit is reported in one error, before anything is read.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import type { DType, Weight, WeightSource } from "@glimpsejs/graph";
import { canonicalName, expectedWeights, type ModelPart } from "./architecture.ts";

const floats: ReadonlySet<DType> = new Set(["float64", "float32", "float16", "bfloat16"]);

/**
 * The weights of `source` under canonical names. Throws one "invalid-weights" error listing every weight that is
 * missing from `part`, misshapen, not of a float dtype, stored twice, or unused. Unused is judged against the whole
 * architecture, so that a class which needs only a part loads from a full checkpoint.
 */
export function matchWeights(source: WeightSource, config: GitConfig, part: ModelPart): WeightSource {
  const problems: Problem[] = [];
  const stored = new Map<string, { readonly name: string; readonly weight: Weight }>();
  const whole = expectedWeights(config, "causalLM");
  const expected = part === "causalLM" ? whole : expectedWeights(config, part);
  for (const name of source.names) {
    const canonical = canonicalName(name);
    const weight = source.get(name);
    if (canonical === undefined || weight === undefined || isTiedHead(canonical, config)) continue;
    const twin = stored.get(canonical);
    if (twin !== undefined) {
      problems.push({ subject: `weight ${show(name)}`, problem: `it is stored a second time as ${show(twin.name)}` });
    }
    stored.set(canonical, { name, weight });
    if (!whole.has(canonical)) problems.push(unused(name, canonical, config));
  }
  for (const [name, shape] of expected) {
    const found = stored.get(name);
    const subject = `weight "${found?.name ?? name}"`;
    if (found === undefined) {
      problems.push({ subject, problem: "it is missing", expected: `shape [${shape.join(", ")}]` });
    } else if (found.weight.shape.join() !== shape.join()) {
      const got = `[${found.weight.shape.join(", ")}]`;
      problems.push({
        subject,
        problem: "it has the wrong shape",
        expected: `[${shape.join(", ")}]`,
        got,
        advice: "Compare config.json.",
      });
    } else if (!floats.has(found.weight.dtype)) {
      problems.push({
        subject,
        problem: "it has the wrong dtype",
        expected: [...floats].join(", "),
        got: found.weight.dtype,
      });
    }
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-weights" });
  return {
    names: [...stored.keys()],
    get: (name) => stored.get(name)?.weight,
    dispose: async () => source.dispose?.(),
  };
}

/** With tied embeddings the head's weight is the word table; a copy of it in the file is not read. */
function isTiedHead(name: string, config: GitConfig): boolean {
  return config.tieWordEmbeddings && name === "output.weight";
}

function unused(name: string, canonical: string, config: GitConfig): Problem {
  const frames = config.numImageWithEmbedding ?? 0;
  const temporal = canonical.startsWith("git.img_temporal_embedding.");
  return {
    subject: `weight ${show(name)}`,
    problem: "the model has no use for it",
    advice: temporal
      ? `config.json says num_image_with_embedding ${frames}.`
      : "The checkpoint has another architecture than its config.json says.",
  };
}
