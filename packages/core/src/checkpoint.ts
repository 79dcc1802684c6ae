// A checkpoint's files as typed values: config, generation config, weights. What a fine-tune's folder lacks is taken
// from its config.json, and every such assumption is told.
import { GenerationConfig, GitConfig } from "@glimpsejs/config";
import { type CheckpointFiles, missingFile } from "@glimpsejs/weights";
import { checkGenerationFile } from "./generation/refused-options.ts";

/** Something that a checkpoint lacks, and what stands in for it. */
export interface Notice {
  /** Its name where it is a file, else what it is. */
  readonly file: string;
  /** What is used in its place, in words for the user. */
  readonly assumed: string;
}

/** Reads config.json. Throws "missing-file" without one, "invalid-config" with every problem in it. */
export async function readConfig(files: CheckpointFiles): Promise<GitConfig> {
  const json = await files.json("config.json");
  if (json === undefined) throw await missingFile(files, ["config.json"]);
  return GitConfig.fromJson(json, `${files.name}/config.json`);
}

/** Reads generation_config.json, "unsupported" if it asks for what Glimpse does not do; without one, config.json's special tokens are the defaults of generation. */
export async function readGenerationConfig(
  files: CheckpointFiles,
  config: GitConfig,
  notices: Notice[],
): Promise<GenerationConfig> {
  const file = "generation_config.json";
  const json = await files.json(file);
  if (json !== undefined) {
    const read = GenerationConfig.fromJson(json, `${files.name}/${file}`);
    checkGenerationFile(read, `${files.name}/${file}`);
    return read;
  }
  notices.push({ file, assumed: "the special tokens of config.json" });
  return generationDefaults(config);
}

/** What config.json alone says about generation. */
export function generationDefaults(config: GitConfig): GenerationConfig {
  const { bosTokenId, eosTokenId, padTokenId } = config;
  return GenerationConfig.create({ bosTokenId, eosTokenId, padTokenId });
}
