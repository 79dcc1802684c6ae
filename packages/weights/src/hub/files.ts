// Where the files of a checkpoint come from, as one interface: a folder, a Hub repository, later a list of File
// objects. Chooses which weights of a checkpoint are read. Opens no files itself.
import { GlimpseError, type JsonValue, parseJson, show } from "@glimpsejs/base";
import type { WeightSource } from "@glimpsejs/graph";
import type { ByteSource } from "../byte-source.ts";
import { openSafetensors } from "../safetensors.ts";
import { openSharded } from "../sharded.ts";
import { openTorch } from "../torch.ts";
import { fileNameProblem } from "./names.ts";

/** The files of one checkpoint, by plain name. Files that are not there are undefined, everything else is an error. */
export interface CheckpointFiles {
  /** What errors call it: "microsoft/git-base-coco@main", or the path of a folder. */
  readonly name: string;
  /** Names of the files that are there. */
  list(): Promise<readonly string[]>;
  /** A JSON file, parsed strictly; at most 100 MB. Throws "invalid-json". */
  json(file: string): Promise<JsonValue | undefined>;
  /** A small file, whole. Throws "unsupported" if it has more than `limit` bytes. */
  bytes(file: string, limit: number): Promise<Uint8Array | undefined>;
  /** A large file, by ranges. It belongs to the caller and outlives dispose(). */
  source(file: string): Promise<ByteSource | undefined>;
  /** A sentence on why files may be missing here, and what to do about it. */
  missingAdvice(): string;
  /** The same repository at another revision, undefined if there is none. Only where falling back to one is wanted. */
  at?(revision: string): Promise<CheckpointFiles | undefined>;
  /** Stops downloads that are under way; later calls throw DisposedError. Safe to call twice. */
  dispose(): Promise<void>;
}

/** What a place of files has to provide: all of {@link CheckpointFiles} but the reading of small files. */
export type CheckpointPlace = Omit<CheckpointFiles, "json" | "bytes">;

/** Options of {@link openWeights}. */
export interface OpenWeightsOptions {
  /** Stops opening; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

const maxJsonBytes = 100_000_000;

/** In the order in which they are looked for. */
const weightFiles = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
];

/** Where the Hub's converter leaves the safetensors of repositories that have only pickles on main. */
const conversionRevision = "refs/pr/1";

/** Makes {@link CheckpointFiles} of a place: checks every name, and reads small files through `source`. */
export function checkpointFiles(place: CheckpointPlace): CheckpointFiles {
  const source = async (file: string) => {
    const problem = fileNameProblem(file);
    if (problem !== undefined) throw new GlimpseError(problem, { code: "invalid-argument" });
    return place.source(file);
  };
  const bytes = async (file: string, limit: number) => {
    const opened = await source(file);
    if (opened === undefined) return undefined;
    try {
      return await readWhole(opened, limit);
    } finally {
      await opened.dispose?.();
    }
  };
  return {
    name: place.name,
    list: () => place.list(),
    async json(file) {
      const text = await bytes(file, maxJsonBytes);
      return text && parseJson(text, `${place.name}/${file}`, { maxLength: maxJsonBytes });
    },
    bytes,
    source,
    missingAdvice: () => place.missingAdvice(),
    ...(place.at && { at: place.at.bind(place) }),
    dispose: () => place.dispose(),
  };
}

/**
 * Opens a checkpoint's weights: model.safetensors, its shards, pytorch_model.bin, its shards; of a Hub repository
 * that has none of them on main, the safetensors of its refs/pr/1. The result owns the files it reads from; `files`
 * stays the caller's. Throws "missing-file" naming all that was looked for and what is there instead,
 * "invalid-weights", and what reading and downloading throw.
 */
export async function openWeights(files: CheckpointFiles, options: OpenWeightsOptions = {}): Promise<WeightSource> {
  const weights =
    (await openFirst(files, weightFiles, options.signal)) ?? (await openConversion(files, options.signal));
  if (weights === undefined) throw await missingFile(files, weightFiles);
  return weights;
}

/** The error for a checkpoint in which none of `wanted` is there: it lists what is. */
export async function missingFile(files: CheckpointFiles, wanted: readonly string[]): Promise<GlimpseError> {
  const names = await files.list();
  const shown = names.slice(0, 12).map((name) => show(name));
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
  return new GlimpseError(
    {
      subject: files.name,
      problem: wanted.length === 1 ? "a file is missing" : "none of the files looked for is there",
      expected: wanted.join(" or "),
      got: names.length === 0 ? "no files" : `only ${shown.join(", ")}${more}`,
      advice: files.missingAdvice(),
    },
    { code: "missing-file" },
  );
}

async function openFirst(
  files: CheckpointFiles,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<WeightSource | undefined> {
  for (const file of names) {
    if (file.endsWith(".json")) {
      const index = await files.json(file);
      if (index !== undefined) return openShards(files, file, index, signal);
      continue;
    }
    const source = await files.source(file);
    if (source !== undefined)
      return file.endsWith(".bin") ? openTorch(source, signal) : openSafetensors(source, signal);
  }
  return undefined;
}

function openShards(
  files: CheckpointFiles,
  file: string,
  index: JsonValue,
  signal: AbortSignal | undefined,
): Promise<WeightSource> {
  const open = async (shard: string) => {
    const source = await files.source(shard);
    if (source === undefined) throw await missingFile(files, [shard]);
    return source;
  };
  return openSharded(index, open, { name: `${files.name}/${file}`, signal });
}

async function openConversion(
  files: CheckpointFiles,
  signal: AbortSignal | undefined,
): Promise<WeightSource | undefined> {
  const conversion = await files.at?.(conversionRevision);
  if (conversion === undefined) return undefined;
  try {
    const names = weightFiles.filter((file) => file.startsWith("model.safetensors"));
    return await openFirst(conversion, names, signal);
  } finally {
    await conversion.dispose();
  }
}

async function readWhole(source: ByteSource, limit: number): Promise<Uint8Array> {
  if (source.size > limit) {
    throw new GlimpseError(
      { subject: source.name, problem: "it is too large", expected: `at most ${limit} bytes`, got: `${source.size}` },
      { code: "unsupported" },
    );
  }
  return source.read(0, source.size);
}
