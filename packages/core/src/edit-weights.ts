// Changes to a model that change its weights: another vocabulary size, fewer attention heads. Both return a new
// configuration and a new source of weights over the old one; nothing of the old is written to.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import { GitConfig } from "@glimpsejs/config";
import { float32, type HostTensor, type Weight, type WeightSource } from "@glimpsejs/graph";
import { layerPrefix, remainingHeads, wordEmbeddings } from "@glimpsejs/model";
import { throwProblems } from "./options.ts";
import { randomWeights } from "./random-init.ts";
import { inMemory, readFloat32, withReplaced } from "./weights.ts";

/** A model's configuration and weights after a change. */
export interface EditedModel {
  readonly config: GitConfig;
  readonly weights: WeightSource;
}

/** Word table, head weight and head bias with `size` rows: old rows kept, new ones as in a fresh model. */
export async function resizedEmbeddings(
  config: GitConfig,
  weights: WeightSource,
  size: number,
  seed: number,
): Promise<EditedModel> {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new GlimpseError(
      {
        subject: "resizeTokenEmbeddings()",
        problem: "the size is wrong",
        expected: "a whole number above 0",
        got: String(size),
      },
      { code: "invalid-argument" },
    );
  }
  const resized = GitConfig.fromJson({ ...GitConfig.toJson(config), vocab_size: size }, "resizeTokenEmbeddings()");
  const fresh = randomWeights(resized, "causalLM", seed);
  const replaced = new Map<string, Weight>();
  for (const name of [wordEmbeddings, "output.weight", "output.bias"]) {
    if (weights.get(name) === undefined) continue;
    const old = await readFloat32(weights, name);
    const rows = await readFloat32(fresh, name);
    const width = rows.data.length / size;
    rows.data.set(old.data.subarray(0, Math.min(size, config.vocabSize) * width));
    replaced.set(name, inMemory(rows));
  }
  return { config: resized, weights: withReplaced(weights, replaced) };
}

/** Query, key and value without the rows, and the attention's output without the columns, of the given heads. */
export async function prunedHeads(
  config: GitConfig,
  weights: WeightSource,
  heads: Readonly<Record<number, readonly number[]>>,
): Promise<EditedModel> {
  checkHeads(config, heads);
  const headSize = config.hiddenSize / config.numAttentionHeads;
  const pruned: Record<string, readonly number[]> = { ...config.prunedHeads };
  const replaced = new Map<string, Weight>();
  for (const [layer, removed] of Object.entries(heads)) {
    const after = new Set([...(pruned[layer] ?? []), ...removed]);
    const kept = remainingHeads(config, Number(layer)).flatMap((h, i) =>
      after.has(h) ? [] : Array.from({ length: headSize }, (_, k) => i * headSize + k),
    );
    const attention = `${layerPrefix(Number(layer))}.attention`;
    for (const kind of ["query", "key", "value"]) {
      for (const part of ["weight", "bias"]) {
        const name = `${attention}.self.${kind}.${part}`;
        replaced.set(name, inMemory(pickRows(await readFloat32(weights, name), kept)));
      }
    }
    const output = `${attention}.output.dense.weight`;
    replaced.set(output, inMemory(pickColumns(await readFloat32(weights, output), kept)));
    pruned[layer] = [...after].sort((a, b) => a - b);
  }
  const json = { ...GitConfig.toJson(config), pruned_heads: pruned };
  return { config: GitConfig.fromJson(json, "pruneHeads()"), weights: withReplaced(weights, replaced) };
}

function checkHeads(config: GitConfig, heads: Readonly<Record<number, readonly number[]>>): void {
  const { numHiddenLayers, numAttentionHeads, prunedHeads: before } = config;
  const problems: Problem[] = [];
  if (typeof heads !== "object" || heads === null) {
    const expected = "{ layer: [head, …] }";
    throwProblems([{ subject: "pruneHeads()", problem: "its argument is no object", expected, got: show(heads) }]);
  }
  for (const [key, removed] of Object.entries(heads)) {
    const subject = `pruneHeads() layer ${key}`;
    const layer = Number(key);
    if (!Array.isArray(removed)) {
      problems.push({
        subject,
        problem: "it is no list of heads",
        expected: "an array of numbers",
        got: show(removed),
      });
      continue;
    }
    if (!Number.isInteger(layer) || layer < 0 || layer >= numHiddenLayers) {
      problems.push({ subject, problem: "there is no such layer", expected: `0 to ${numHiddenLayers - 1}`, got: key });
    }
    const wrong = removed.find((h) => !Number.isInteger(h) || h < 0 || h >= numAttentionHeads);
    if (wrong !== undefined)
      problems.push({
        subject,
        problem: "there is no such head",
        expected: `0 to ${numAttentionHeads - 1}`,
        got: String(wrong),
      });
    if (new Set([...removed, ...(before[key] ?? [])]).size >= numAttentionHeads)
      problems.push({ subject, problem: "no head would be left" });
  }
  throwProblems(problems);
}

/** Rows of a [N, K] matrix or entries of a [N] vector. */
function pickRows({ data, shape }: HostTensor<"float32">, rows: readonly number[]): HostTensor<"float32"> {
  const width = data.length / (shape[0] ?? 1);
  const picked = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) picked.set(data.subarray(row * width, (row + 1) * width), i * width);
  return float32(picked, [rows.length, ...shape.slice(1)]);
}

/** Columns of a [N, K] matrix. */
function pickColumns({ data, shape }: HostTensor<"float32">, columns: readonly number[]): HostTensor<"float32"> {
  const [n = 0, k = 0] = shape;
  const picked = new Float32Array(n * columns.length);
  for (let row = 0; row < n; row++) {
    for (const [i, column] of columns.entries()) picked[row * columns.length + i] = data[row * k + column] ?? 0;
  }
  return float32(picked, [n, columns.length]);
}
