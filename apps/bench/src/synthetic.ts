// Full-size GIT checkpoints without a download: every weight is a pure function of its name and index, the one that
// fixtures/reference/synthetic.py writes down. What transformers computes with them is in synthetic.json beside it.
import { createWriteStream } from "node:fs";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GitConfig, type PresetName, presetConfig } from "@glimpsejs/config";
import { elementCount, float32, type HostTensor, type Weight, type WeightSource } from "@glimpsejs/graph";
import { expectedWeights } from "@glimpsejs/model";
import { streamSafetensors } from "@glimpsejs/weights";

/** The sizes for which there are expected outputs. */
export const syntheticNames = ["git-base", "git-base-vqav2", "git-base-vatex", "git-large"] as const;

/** Name of a synthetic checkpoint of which that is known, which is also the preset that has its config. */
export type SyntheticName = (typeof syntheticNames)[number];

/** What transformers computes with a synthetic checkpoint. */
export interface SyntheticExpectation {
  /** Number of weights. */
  readonly parameters: number;
  /** Shape of the pixel values, [1, 3, S, S] or [1, F, 3, S, S]. */
  readonly pixel_values: readonly number[];
  /** The prompt. */
  readonly input_ids: readonly number[];
  readonly "vision.last_hidden_state[0,0,:8]": readonly number[];
  readonly "logits[0,-1,:8]": readonly number[];
  readonly "logits[0,-1].top5": { readonly ids: readonly number[]; readonly values: readonly number[] };
  /** Prompt and 6 tokens of beam search with 4 beams, end tokens ignored; null for the larger inputs. */
  readonly beam4: readonly number[] | null;
  /** Prompt and 12 greedy tokens, end tokens ignored. */
  readonly greedy: readonly number[];
}

/** Reads what is expected of a synthetic checkpoint. */
export async function syntheticExpectation(name: SyntheticName): Promise<SyntheticExpectation> {
  const file = new URL("../../../fixtures/reference/synthetic.json", import.meta.url);
  const all: Readonly<Record<SyntheticName, SyntheticExpectation>> = JSON.parse(await readFile(file, "utf8"));
  return all[name];
}

/** The weights of a synthetic checkpoint in float32, each made when it is read. */
export function syntheticWeights(config: GitConfig): WeightSource {
  const shapes = expectedWeights(config, "causalLM");
  return {
    names: [...shapes.keys()],
    get(name): Weight | undefined {
      const shape = shapes.get(name);
      if (shape === undefined) return undefined;
      const bytes = async () => new Uint8Array(syntheticWeight(name, shape).buffer);
      return { dtype: "float32", shape, byteLength: 4 * elementCount(shape), bytes };
    },
  };
}

/** One weight of a synthetic checkpoint. */
export function syntheticWeight(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const low = name.toLowerCase();
  const count = elementCount(shape);
  if ((low.includes("norm") || low.includes("visual_projection.1")) && name.endsWith("weight")) {
    return uniform(name, count, 0.1, 1);
  }
  if (shape.length === 1) return uniform(name, count, 0.05);
  if (low.includes("embed") && !low.includes("patch_embedding")) return uniform(name, count, 0.3);
  return uniform(name, count, Math.sqrt(3 / elementCount(shape.slice(1))));
}

/** Pixel values of any shape, the ones that the expected outputs were computed from. */
export function syntheticPixels(shape: readonly number[]): HostTensor<"float32"> {
  return float32(uniform("pixel_values", elementCount(shape), 1.5), shape);
}

/**
 * Writes a synthetic checkpoint into a folder of its name in `folder`, unless it is there already. One weight at a time
 * is in memory. Resolves to the checkpoint's folder.
 */
export async function writeSynthetic(name: PresetName, folder: string): Promise<string> {
  const checkpoint = path.join(folder, name);
  const weights = path.join(checkpoint, "model.safetensors");
  if (await exists(weights)) return checkpoint;
  await mkdir(checkpoint, { recursive: true });
  const config = presetConfig(name);
  const json = { ...GitConfig.toJson(config), architectures: ["GitForCausalLM"] };
  await writeFile(path.join(checkpoint, "config.json"), `${JSON.stringify(json, undefined, 2)}\n`);
  // Moved into place when it is whole, so that a file of this name is always complete.
  const partial = `${weights}.${process.pid}.incomplete`;
  try {
    const chunks = streamSafetensors(syntheticWeights(config), { format: "pt" });
    await pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), createWriteStream(partial));
    await rename(partial, weights);
  } finally {
    await rm(partial, { force: true });
  }
  return checkpoint;
}

/** offset + scale · u(name, i) for i below `count`: computed in float64, rounded once. u lies in [−1, 1). */
function uniform(name: string, count: number, scale: number, offset = 0): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  const seed = fnv1a(name);
  for (let i = 0; i < count; i++) values[i] = offset + scale * ((hash(seed + i) >>> 8) / 2 ** 23 - 1);
  return values;
}

/** lowbias32 */
function hash(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** FNV-1a of the UTF-8 bytes, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
