// A checkpoint whose config.json ties the head to the word table, but which stores a head of its own. transformers 5
// then believes the file: it ties them only if they are equal. So does this.
import { GitConfig } from "@glimpsejs/config";
import type { WeightSource } from "@glimpsejs/graph";
import { canonicalName, wordEmbeddings } from "@glimpsejs/model";
import { readFloat32 } from "./weights.ts";

/** The configuration that the stored head asks for: `config`, untied if there is a head that differs from the table. */
export async function asStored(config: GitConfig, source: WeightSource, signal?: AbortSignal): Promise<GitConfig> {
  if (!config.tieWordEmbeddings) return config;
  const named = (wanted: string) => source.names.find((name) => canonicalName(name) === wanted);
  const [head, table] = [named("output.weight"), named(wordEmbeddings)];
  if (head === undefined || table === undefined) return config;
  const [a, b] = [await readFloat32(source, head, signal), await readFloat32(source, table, signal)];
  if (a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i])) return config;
  return GitConfig.fromJson({ ...GitConfig.toJson(config), tie_word_embeddings: false });
}
