// Checkpoints in several files: an index says which shard holds which tensor (model.safetensors.index.json,
// pytorch_model.bin.index.json). The index is checked against the shards, both ways. Opens files only through the
// function it is given.
import { GlimpseError, type JsonValue, type Problem, show } from "@glimpsejs/base";
import type { WeightSource } from "@glimpsejs/graph";
import { tensorSubject } from "./safetensors-header.ts";

/** Most shards of one checkpoint: the largest published ones have some hundred. */
const maxShards = 1000;

/** A plain file name beside the index. Anything that could be a path, URL or escape does not match. */
const shardName = /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.(?:safetensors|bin)$/;

/** What openSharded() does; `open` opens one shard, `subject` is what errors call the index. */
export async function readSharded(
  index: JsonValue,
  open: (fileName: string) => Promise<WeightSource>,
  subject: string,
): Promise<WeightSource> {
  const shardOf = parseWeightMap(index, subject);
  const shards = new Map<string, WeightSource>();
  const dispose = async () => {
    await Promise.all([...shards.values()].map((shard) => shard.dispose?.()));
  };
  try {
    for (const file of new Set(shardOf.values())) shards.set(file, await open(file));
    checkShards(shardOf, shards, subject);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    names: [...shardOf.keys()],
    get: (name) => shards.get(shardOf.get(name) ?? "")?.get(name),
    dispose,
  };
}

function parseWeightMap(index: JsonValue, subject: string): ReadonlyMap<string, string> {
  const map = isObject(index) ? index["weight_map"] : undefined;
  if (!isObject(map)) {
    fail([
      { subject, problem: "it has no weight_map", expected: "an object from tensor to file name", got: show(map) },
    ]);
  }
  const shardOf = new Map<string, string>();
  const problems: Problem[] = [];
  const refused = new Set<JsonValue>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file === "string" && shardName.test(file)) shardOf.set(name, file);
    else if (!refused.has(file)) {
      refused.add(file);
      problems.push({
        subject,
        problem: `the shard of ${show(name)} is not a plain file name`,
        expected: 'a name such as "model-00001-of-00002.safetensors", in the same folder',
        got: show(file),
      });
    }
  }
  const count = new Set(shardOf.values()).size;
  if (count > maxShards) {
    problems.push({ subject, problem: "too many shards", expected: `at most ${maxShards}`, got: String(count) });
  }
  if (problems.length > 0) fail(problems);
  return shardOf;
}

/** Every tensor must be in the shard that the index names, and in no other. */
function checkShards(
  shardOf: ReadonlyMap<string, string>,
  shards: ReadonlyMap<string, WeightSource>,
  subject: string,
): void {
  const problems: Problem[] = [];
  for (const [name, file] of shardOf) {
    if (shards.get(file)?.get(name) === undefined) {
      problems.push({ subject: tensorSubject(name, file), problem: `it is missing, though ${subject} lists it there` });
    }
  }
  for (const [file, shard] of shards) {
    for (const name of shard.names) {
      if (shardOf.get(name) !== file) {
        problems.push({ subject: tensorSubject(name, file), problem: `${subject} does not list it there` });
      }
    }
  }
  if (problems.length > 0) fail(problems);
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(problems: readonly Problem[]): never {
  throw new GlimpseError(problems, { code: "invalid-weights" });
}
