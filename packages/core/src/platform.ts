// What core needs from the place it runs in, as one value: Node hands in files, the Hub's cache, sharp and its
// backends; a browser its own. Core itself touches no platform.
import type { BackendPlugin } from "@glimpsejs/backend";
import type { WeightSource } from "@glimpsejs/graph";
import type { WeightDType } from "@glimpsejs/model";
import type { Picture } from "@glimpsejs/processor";
import type { CheckpointFiles } from "@glimpsejs/weights";

/** Options of every call that opens a checkpoint. */
export interface OpenOptions {
  /** Branch, tag, commit or `refs/pr/N` of a Hub repository. Default "main". */
  readonly revision?: string | undefined;
  /** Stops downloads and loading; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
  /** Called while files are downloaded and weights are loaded. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** How far a load is. */
export interface LoadProgress {
  /** "prepare": a GPU's kernels are made. */
  readonly phase: "download" | "load" | "prepare";
  /** The file being downloaded, or what is being loaded or made. */
  readonly file: string;
  /** Bytes so far; kernels with "prepare". */
  readonly loaded: number;
  /** Bytes or kernels in all, where known. */
  readonly total: number | undefined;
}

/** Where savePretrained() writes. */
export interface FileSink {
  /** Writes one file; chunks are written in order, so that large files are never whole in memory. */
  write(file: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
}

/** A folder to write to: its path, or a handle of it where the platform has such. */
export type SaveTarget =
  | string
  | {
      /** As FileSystemDirectoryHandle has it. */
      readonly kind: "directory";
      /** Name of the folder, without its path. */
      readonly name: string;
    };

/** What a loaded model needs from the place it runs in. */
export interface Host {
  /** Opens a folder for writing, creating it if needed. */
  sink(folder: SaveTarget): Promise<FileSink>;
  /** The backend used when a caller names none. */
  backend(): BackendPlugin;
  /** Decodes whatever this platform calls a picture: a path, URL, bytes, Blob, or raw pixels. */
  picture(input: unknown, signal: AbortSignal | undefined): Promise<Picture>;
  /** Bytes of memory that a load may still use, where the platform knows. */
  availableMemory(): number | undefined;
  /**
   * Weights that were made from `files` before, or that `write` makes now and that are kept; undefined where none can be
   * kept. Never rejects: what goes wrong here is no reason not to load. Absent where nothing is kept between programs.
   */
  readonly prepared?: PreparedStore | undefined;
}

/** See {@link Host.prepared}. */
export type PreparedStore = (
  origin: PreparedOrigin,
  write: (sink: FileSink) => Promise<void>,
) => Promise<WeightSource | undefined>;

/** How the decoder that guesses is kept, see `ModelOptions.draft`. */
export type DraftDType = Extract<WeightDType, "int8" | "int4">;

/** What kept weights were made from: as long as it is the same, so are they. */
export interface PreparedOrigin {
  /** Absolute paths of the files with the original weights. */
  readonly files: readonly string[];
  /** Everything else that they depend on, as text. */
  readonly madeFrom: string;
}

/** The place Glimpse runs in. `Source` is what it can open a checkpoint from: Hub ids, and for example folders. */
export interface Platform<Source = string> extends Host {
  /** Opens a checkpoint; undefined means the bundled demo checkpoint, "demo:clips" the one for clips. */
  open(source: Source | undefined, options: OpenOptions): Promise<CheckpointFiles>;
}
