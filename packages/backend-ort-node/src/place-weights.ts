// Where ONNX Runtime finds the weights. It maps what lies in files and holds it once; what comes as bytes it would
// hold two or three times (measured for the 363 MB of git-base's decoder: peak 437 MB mapped, 985 as buffers, 1292
// inside the model). So large weights that are in no file of their own go through a temporary one.
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, parse, relative, sep } from "node:path";
import { GlimpseError } from "@glimpsejs/base";
import { bytesPerElement, type LocalFile, type Weight, type WeightSource } from "@glimpsejs/graph";
import type { OnnxWeight } from "@glimpsejs/onnx";
import { temporaryFolder } from "./temporary-folder.ts";

/** Where ONNX Runtime is to find the bytes of a weight. */
interface FilePlace {
  readonly path: string;
  readonly offset: number;
}

/**
 * Bytes from which a weight is worth a file: below, the copies that the runtime makes of the model do not matter. A
 * decoder has twenty matrices of half a megabyte.
 */
const inlineLimit = 1 << 16;

/** The weights of one graph, ready to be loaded. */
export interface PlacedWeights {
  readonly weightOf: (name: string) => OnnxWeight;
  /** The folder that paths of external data are relative to. */
  readonly folder: string;
  /**
   * Whether the files that were to be mapped still have their paths, so that a session made since holds the right
   * weights. Rejects as {@link LocalFile.isInPlace} does.
   */
  areInPlace(): Promise<boolean>;
  /** Removes temporary files. To be called once the session is loaded, and again when it is closed. */
  release(): void;
}

/**
 * Decides for each weight between its own file, a temporary file and its bytes, and writes the temporary file. Rejects
 * with what reading a weight rejects with, or with "backend" where the temporary file cannot be written.
 */
export async function placeWeights(names: readonly string[], weights: WeightSource): Promise<PlacedWeights> {
  const stored = new Map<string, Weight>();
  const transposed = new Set<string>();
  for (const name of names) {
    const weight = weights.get(name);
    if (weight === undefined) continue;
    stored.set(name, weight.transposed ?? weight);
    if (weight.transposed !== undefined) transposed.add(name);
  }
  const files = await filesInPlace(stored.values());
  const own = ownPlaces(stored, files);
  const places = new Map<string, FilePlace | Uint8Array>(own);
  const spilled: [string, Weight][] = [];
  for (const [name, weight] of stored) {
    if (own.has(name)) continue;
    if (weight.byteLength < inlineLimit) places.set(name, await weight.bytes());
    else spilled.push([name, weight]);
  }
  const temporary = spilled.length > 0 ? temporaryFolder() : undefined;
  if (temporary !== undefined) {
    try {
      for (const [name, place] of await spill(spilled, join(temporary.path, "weights.bin"))) places.set(name, place);
    } catch (error) {
      temporary.remove();
      throw error;
    }
  }

  const folder = commonFolder([...places.values()].flatMap((place) => (place instanceof Uint8Array ? [] : place.path)));
  return {
    folder,
    weightOf(name) {
      const [weight, place] = [stored.get(name), places.get(name)];
      if (weight === undefined || place === undefined) {
        throw new GlimpseError({ subject: `weight "${name}"`, problem: "it is missing" }, { code: "invalid-weights" });
      }
      const form = { dtype: weight.dtype, isTransposed: transposed.has(name) };
      if (place instanceof Uint8Array) return { ...form, data: place };
      const path = relative(folder, place.path).split(sep).join("/");
      return { ...form, data: { path, offset: place.offset } };
    },
    async areInPlace() {
      const now = await filesInPlace(stored.values());
      return [...files].every((file) => now.has(file));
    },
    release: () => temporary?.remove(),
  };
}

/** The files that can be opened by their paths; the others, replaced or deleted, only their sources can still read. */
async function filesInPlace(weights: Iterable<Weight>): Promise<ReadonlySet<LocalFile>> {
  const inPlace = new Set<LocalFile>();
  for (const file of new Set([...weights].flatMap(({ location }) => location?.file ?? []))) {
    if (await file.isInPlace()) inPlace.add(file);
  }
  return inPlace;
}

/** The weights that can be mapped where they are: aligned to their elements, and all files on one drive. */
function ownPlaces(stored: ReadonlyMap<string, Weight>, files: ReadonlySet<LocalFile>): ReadonlyMap<string, FilePlace> {
  const aligned = new Map<string, FilePlace>();
  for (const [name, { dtype, location }] of stored) {
    if (location === undefined || !files.has(location.file)) continue;
    const { file, offset } = location;
    if (offset % bytesPerElement[dtype] === 0) aligned.set(name, { path: file.path, offset });
  }
  const drives = new Set([...aligned.values()].map(({ path }) => parse(path).root));
  const [only] = drives;
  const drive = drives.size === 1 && aligned.size === stored.size ? only : parse(tmpdir()).root;
  return new Map([...aligned].filter(([, { path }]) => parse(path).root === drive));
}

/** Writes weights one after the other, so that only one of them is in memory. */
async function spill(list: readonly [string, Weight][], path: string): Promise<ReadonlyMap<string, FilePlace>> {
  const places = new Map<string, FilePlace>();
  const file = await open(path, "wx", 0o600);
  let offset = 0;
  try {
    for (const [name, weight] of list) {
      const bytes = await weight.bytes();
      try {
        await file.writeFile(bytes);
        await file.writeFile(new Uint8Array(-bytes.length & 63));
      } catch (cause) {
        const megabytes = Math.ceil(list.reduce((sum, [, { byteLength }]) => sum + byteLength, 0) / 1e6);
        throw new GlimpseError(
          {
            subject: `temporary file ${path}`,
            problem: "the weights cannot be written",
            advice: `Free ${megabytes} MB there, or set TMPDIR to a folder that has them.`,
          },
          { code: "backend", cause },
        );
      }
      places.set(name, { path, offset });
      offset += Math.ceil(bytes.length / 64) * 64;
    }
  } finally {
    await file.close();
  }
  return places;
}

/** The deepest folder that holds all files; ONNX Runtime refuses external data outside the folder of a model. */
function commonFolder(files: readonly string[]): string {
  const [first] = files;
  if (first === undefined) return tmpdir();
  let folder = dirname(first);
  const below = (file: string) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  while (!files.every(below)) folder = dirname(folder);
  return folder;
}
