// The door to checkpoints in several files. What reads them is fetched when the first one is opened: see other-files.ts.
import type { JsonValue } from "@glimpsejs/base";
import type { WeightSource } from "@glimpsejs/graph";
import type { ByteSource } from "./byte-source.ts";
import { openSafetensors } from "./safetensors.ts";
import { openTorch } from "./torch.ts";

/** Options of {@link openSharded}. */
export interface ShardedOptions {
  /** What errors call the index. Default "the index of shards". */
  readonly name?: string;
  /** Stops opening; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a sharded checkpoint. `index` is the parsed index file (parse it with parseJson, which refuses duplicate
 * keys); `open` opens one file beside it, by plain name. All shards are opened, their headers read, before this
 * resolves. Throws "invalid-weights" listing every bad file name, or every tensor that index and shards disagree
 * about, and what opening throws. If anything fails, every shard that was opened is disposed.
 */
export async function openSharded(
  index: JsonValue,
  open: (fileName: string) => Promise<ByteSource>,
  options: ShardedOptions = {},
): Promise<WeightSource> {
  const { name = "the index of shards", signal } = options;
  const { readSharded } = await import("./other-files.ts");
  const openShard = async (file: string) =>
    (file.endsWith(".bin") ? openTorch : openSafetensors)(await open(file), signal);
  return readSharded(index, openShard, name);
}
