// The compiled model: one program on one backend, and the few tables that the host needs. Everything above it speaks
// of pictures, trunks and tokens; everything below it of graphs and feeds.

import type { Backend, DeviceTensor, Feeds, Program, RunOptions } from "@glimpsejs/backend";
import { DisposedError, GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import { float32, type HostTensor, type WeightSource } from "@glimpsejs/graph";
import {
  type ModelPart,
  positionsFor,
  positionTable,
  remainingHeads,
  temporalEmbedding,
  type WeightDType,
} from "@glimpsejs/model";
import type { Draft } from "./draft.ts";
import { expectedRuns } from "./expected-runs.ts";
import { loadOnDemand } from "./load-on-demand.ts";
import { checkPixelValues, cropped } from "./pixel-values.ts";
import { firstForm, type StoredForm } from "./stored-form.ts";
import type { Trunk } from "./trunk.ts";
import { forBackend, readFloat32 } from "./weights.ts";

/** The graphs of one model; which of them exist depends on the part of the model that was loaded. */
export type GraphName = "vision" | "visionInternals" | "trunk" | "decoder" | "forward" | "draft";

/** What a model runs on. */
export interface BackendInUse {
  /** The backend's name, such as "webgpu". */
  readonly name: string;
  /** Why each of the backends that come before it cannot be used here, in words for the user. */
  readonly passedOver: readonly string[];
}

/** What an {@link Engine} is made of. */
export interface EngineOptions {
  /** The configuration of the whole model. */
  readonly config: GitConfig;
  /** Under canonical names, checked against the configuration. Owned by the engine from now on. */
  readonly weights: WeightSource;
  /** Which part of it is made. */
  readonly part: ModelPart;
  /** The form that they are kept in, with its graphs; see {@link firstForm}. */
  readonly form: StoredForm;
  /** The open device. Owned by the engine from now on. */
  readonly backend: Backend;
  /** See {@link BackendInUse.passedOver}. */
  readonly passedOver: readonly string[];
  /** The weights of `form` as the backend is given them, where somebody watches. */
  readonly watched?: WeightSource | undefined;
  /**
   * Told what the backend makes ahead of the first runs, in parts of a whole; without it nothing is made before it is needed.
   */
  readonly onPrepare?: ((made: number, total: number) => void) | undefined;
  /** Stops loading; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/** How pictures are encoded. */
export interface EncodeOptions {
  /** Accept pictures of another size than the model was trained on, interpolating its positions. Default false. */
  readonly interpolatePosEncoding?: boolean | undefined;
  /** Takes the call out of the queue, or stops it; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/** A compiled GIT model. Owns its program, weights and backend. */
export class Engine {
  readonly config: GitConfig;
  /** As floats, whatever they are stored as. */
  readonly weights: WeightSource;
  /** What the backend computes with, and what is saved; the backend is given those it cannot take as float32. */
  readonly stored: WeightSource;
  readonly dtype: WeightDType;
  readonly part: ModelPart;
  readonly runsOn: BackendInUse;
  /** What guesses its text, where something does. Owned by it once it is set. */
  draft: Draft | undefined;
  private readonly backend: Backend;
  private readonly program: Program<string>;
  /** The graphs that `program` lacks, once one of them was run. */
  private later: Promise<Program<string>> | undefined;
  private readonly names = new Map<string, readonly string[]>();
  private readonly tables = new Map<string, Promise<HostTensor<"float32">>>();
  private disposed: Promise<void> | undefined;
  /** Whether another engine has taken over weights and backend. */
  private isReplaced = false;

  private constructor({ config, weights, part, form, backend, passedOver }: EngineOptions, program: Program<string>) {
    this.config = config;
    this.weights = weights;
    this.stored = form.weights;
    this.dtype = form.dtype;
    this.part = part;
    this.runsOn = { name: backend.name, passedOver };
    this.backend = backend;
    this.program = program;
  }

  /** Steps that greedy search submits before it reads the tokens of the first, where the call does not say. */
  get runAhead(): number {
    return this.backend.runAhead ?? 0;
  }

  /**
   * Compiles the graphs of `form`, and at once all others of the model where programs would not share weights. The backend may
   * load weights later, when a graph is first run.
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { config, part, form, backend, watched = form.weights, onPrepare, signal } = options;
    // A model without a head has them already.
    const areMissing = backend.sharesWeights && part !== "model";
    const later = areMissing ? (await loadOnDemand()).laterForm({ ...options, dtype: form.dtype }).graphs : {};
    const program = await backend.compile({ ...form.graphs, ...later }, forBackend(watched, backend), signal);
    const engine = new Engine(options, program);
    if (onPrepare === undefined || program.prepare === undefined) return engine;
    try {
      const runs = expectedRuns(program.graphs, config, (kind) => engine.cacheNames(kind));
      await program.prepare(runs, { onProgress: onPrepare, signal });
      return engine;
    } catch (error) {
      await program.dispose();
      throw error;
    }
  }

  /** The same part of the model with another configuration and weights, on the same backend; this engine is disposed. */
  async replaced(change: { readonly config: GitConfig; readonly weights: WeightSource }): Promise<Engine> {
    this.checkAlive();
    const { part, dtype, backend } = this;
    const form = await firstForm({ ...change, part, dtype });
    const next = await Engine.open({ ...change, part, form, backend, passedOver: this.runsOn.passedOver });
    this.isReplaced = true;
    this.disposed = this.disposePrograms();
    await this.disposed;
    return next;
  }

  /** Whether image rows have a graph of their own, `trunk`, so that `decoder` takes text rows only. */
  get separatesTrunk(): boolean {
    return Object.hasOwn(this.program.graphs, "trunk");
  }

  /** Whether pictures are better computed a few at a time, in runs of image rows alone. */
  get computesInPieces(): boolean {
    return this.backend.computesInPieces ?? false;
  }

  /** Runs one graph; see Program.run. */
  run<O extends string>(
    graph: GraphName,
    feeds: Feeds,
    outputs?: readonly O[],
    options?: RunOptions,
  ): Promise<Readonly<Record<O, DeviceTensor>>> {
    this.checkAlive();
    const program: Program<string> = (graph === "draft" ? this.draft?.program : undefined) ?? this.program;
    if (Object.hasOwn(program.graphs, graph)) return program.run(graph, feeds, outputs, options);
    this.later ??= loadOnDemand().then(({ compileLater }) => compileLater(this, this.backend));
    this.later.catch(() => {
      this.later = undefined; // the next call tries again
    });
    return this.later.then((later) => later.run(graph, feeds, outputs, options));
  }

  /**
   * Runs the image encoder on pixelValues float32 [B, 3, H, W] (pictures) or [B, F, 3, H, W] (clips). Trailing rows
   * and columns that do not fill a patch are dropped, as the reference's convolution drops them.
   */
  async encode<O extends string>(
    graph: "vision" | "visionInternals",
    pixelValues: HostTensor<"float32">,
    options: EncodeOptions,
    outputs: readonly O[],
  ): Promise<Readonly<Record<O, DeviceTensor>>> {
    const { imageSize, patchSize } = this.config.visionConfig;
    const clip = checkPixelValues(pixelValues, this.config, options.interpolatePosEncoding ?? false);
    const [, frames = 1, , height = imageSize, width = imageSize] = clip.shape;
    const rows = Math.floor(height / patchSize);
    const columns = Math.floor(width / patchSize);
    const positions = await positionsFor(await this.table(positionTable), rows, columns);
    const temporal = await this.temporal(frames, pixelValues.shape.length === 5);
    throwIfAborted(options.signal, "image encoder");
    return this.run(
      graph,
      { pixelValues: cropped(clip, rows * patchSize, columns * patchSize), positions, temporal },
      outputs,
      { independent: "batch" },
    );
  }

  /** Makes keys and values of a trunk's features, and settles it. */
  async learn(trunk: Trunk, features: Feeds[string]): Promise<void> {
    await (await loadOnDemand()).learnTrunk(this, trunk, features);
  }

  /** Names of the cache values of one kind, key and value of every layer: "past.0.key", "past.0.value", … */
  cacheNames(kind: "trunk" | "image" | "past" | "present"): readonly string[] {
    let names = this.names.get(kind);
    if (names === undefined) {
      const layers = Array.from({ length: this.config.numHiddenLayers }, (_, i) => i);
      names = layers.flatMap((layer) => [`${kind}.${layer}.key`, `${kind}.${layer}.value`]);
      this.names.set(kind, names);
    }
    return names;
  }

  /** No cached keys or values yet: float32 [B, H, 0, d] for every layer. */
  emptyCache(kind: "trunk" | "past", batch: number): Feeds {
    const headSize = this.config.hiddenSize / this.config.numAttentionHeads;
    const empty = (layer: number) => float32([], [batch, remainingHeads(this.config, layer).length, 0, headSize]);
    return Object.fromEntries(this.cacheNames(kind).map((name, i) => [name, empty(Math.floor(i / 2))]));
  }

  /** Frees the program, the weights' files and the backend. Safe to call twice; waits for runs under way. */
  dispose(): Promise<void> {
    this.disposed ??= (async () => {
      try {
        await this.disposePrograms();
      } finally {
        await this.backend.dispose().finally(() => this.weights.dispose?.());
      }
    })();
    return this.disposed;
  }

  /** Throws DisposedError after dispose(), and "disposed" where the model has got other weights since. */
  checkAlive(): void {
    if (this.isReplaced) {
      throw new GlimpseError(
        {
          subject: "model",
          problem: "resizeTokenEmbeddings() or pruneHeads() changed it since this text was begun",
          advice: "Begin the text anew.",
        },
        { code: "disposed" },
      );
    }
    if (this.disposed !== undefined) throw new DisposedError("model");
  }

  private async disposePrograms(): Promise<void> {
    const later = await this.later?.catch(() => undefined);
    await Promise.all([this.draft?.dispose(), later?.dispose(), this.program.dispose()]);
  }

  /** A weight on the host, read once. */
  private table(name: string): Promise<HostTensor<"float32">> {
    this.checkAlive();
    let table = this.tables.get(name);
    if (table === undefined) {
      table = readFloat32(this.weights, name);
      this.tables.set(name, table);
      table.catch(() => this.tables.delete(name));
    }
    return table;
  }

  /** The temporal embeddings of `frames` frames, [frames, 1, Dv]; zeros for a still, which the reference adds none to. */
  async temporal(frames: number, isClip = true): Promise<HostTensor<"float32">> {
    const d = this.config.visionConfig.hiddenSize;
    const rows = new Float32Array(frames * d);
    if (isClip) {
      for (let i = 0; i < frames; i++) rows.set((await this.table(temporalEmbedding(i))).data, i * d);
    }
    return float32(rows, [frames, 1, d]);
  }
}
