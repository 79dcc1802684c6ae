// What all model classes share: opening a checkpoint or a fresh model, one call at a time, saving, dispose().

import type { BackendPlugin } from "@glimpsejs/backend";
import { formatProblem, type Problem, show } from "@glimpsejs/base";
import { GitConfig } from "@glimpsejs/config";
import type { WeightSource } from "@glimpsejs/graph";
import {
  type ModelPart,
  matchWeights,
  quantizationField,
  readQuantized,
  type WeightDType,
  weightDTypes,
} from "@glimpsejs/model";
import { type CheckpointFiles, openWeights } from "@glimpsejs/weights";
import { readConfig } from "./checkpoint.ts";
import { type BackendInUse, Engine } from "./engine.ts";
import { loadOnDemand } from "./load-on-demand.ts";
import { checkMemory } from "./memory.ts";
import { checkObject, functionProblems, seedProblems, throwProblems, unknownOptions } from "./options.ts";
import type { DraftDType, Host, OpenOptions, Platform, SaveTarget } from "./platform.ts";
import { Queue } from "./queue.ts";
import { firstForm } from "./stored-form.ts";
import { asStored } from "./tied-head.ts";
import { withProgress } from "./weights.ts";

/** Options of fromPretrained(). */
export interface ModelOptions extends OpenOptions {
  /**
   * How weights are kept: "fp32" (as the checkpoint has them), "fp16", or rounded to "int8" or "int4" while they are
   * loaded. Default: the form they are stored in, which is "fp32" for published checkpoints.
   */
  readonly dtype?: WeightDType | undefined;
  /** What to run on. Default: the platform's choice. */
  readonly backend?: BackendPlugin | undefined;
  /**
   * Keeps a second, rounded copy of the text decoder that guesses tokens for greedy searches of one text, which the model
   * itself then judges several at a time: the same text, in less time where a step takes as long as reading the weights. "int8"
   * or "int4" makes it while the model is loaded; false never. Default: in int8, when such a search is run a second time, if the
   * backend gains by it, the weights are floats and can be kept in the cache folder. Lost when the weights are changed.
   */
  readonly draft?: DraftDType | false | undefined;
}

/** Options of fromConfig(). */
export interface FreshModelOptions {
  /** Seed of the random weights, an integer. Default 0. */
  readonly seed?: number | undefined;
  /** What to run on. Default: the platform's choice. */
  readonly backend?: BackendPlugin | undefined;
}

const draftDTypes = ["int8", "int4"] as const satisfies readonly DraftDType[];

/** A model with its engine. Owns it: dispose() when done, or declare it with `await using`. */
export abstract class PreTrainedModel {
  /** The place it runs in. */
  protected readonly platform: Host;
  /** The compiled model. Owned. */
  protected engine: Engine;
  /** Calls run one after the other, in the order in which they were made. */
  protected readonly queue = new Queue();

  /** Takes over `engine`, which is disposed with this; fromPretrained() and fromConfig() make one. */
  protected constructor(platform: Host, engine: Engine) {
    this.platform = platform;
    this.engine = engine;
  }

  /** The model's configuration. */
  get config(): GitConfig {
    return this.engine.config;
  }

  /** The backend that computes, and why those that were to be preferred do not. */
  get backend(): BackendInUse {
    return this.engine.runsOn;
  }

  /**
   * Writes config.json and model.safetensors into a folder, in the form in which the model is kept: this library loads
   * any of them again, with the same results to the bit; transformers loads those of floats. Weights are written one at
   * a time.
   */
  async savePretrained(folder: SaveTarget): Promise<void> {
    await this.queue.run(async () => {
      this.engine.checkAlive();
      await (await loadOnDemand()).saveModel(await this.platform.sink(folder), this.engine);
    });
  }

  /** Frees weights and device memory once calls under way have ended. Safe to call twice. */
  async dispose(): Promise<void> {
    await this.queue.run(() => this.engine.dispose());
  }

  /** dispose(), for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/**
 * Opens a checkpoint's files, hands them to `use`, and closes them. Options are checked before anything is opened.
 * Weights that `use` opened keep open what they read from.
 */
export async function withFiles<T, Source>(
  platform: Platform<Source>,
  source: Source | undefined,
  options: ModelOptions,
  use: (files: CheckpointFiles) => Promise<T>,
): Promise<T> {
  checkObject("options", options);
  throwProblems([
    ...unknownOptions(options, ["revision", "signal", "onProgress", "backend", "dtype", "draft"]),
    ...functionProblems(options, ["onProgress"]),
    ...backendProblems(options),
    ...dtypeProblems("dtype", options.dtype, weightDTypes),
    ...dtypeProblems("draft", options.draft || undefined, draftDTypes),
  ]);
  const files = await platform.open(source, options);
  try {
    return await use(files);
  } finally {
    await files.dispose();
  }
}

/** The engine of a checkpoint. The weights and the files they read from belong to it; `files` stays the caller's. */
export async function openEngine(
  platform: Host,
  files: CheckpointFiles,
  part: ModelPart,
  options: ModelOptions,
): Promise<Engine> {
  const { dtype } = options;
  const stored = await openWeights(files, options);
  let prepared: WeightSource | undefined;
  try {
    const described = await readConfig(files);
    const joined = await readQuantized(stored, described.extra[quantizationField], `${files.name}/config.json`);
    const config = await asStored(described, joined, options.signal);
    const matched = matchWeights(joined, config, part);
    if (platform.prepared && dtype) {
      prepared = await (await loadOnDemand()).preparedWeights(platform, config, matched, part, dtype);
      if (prepared) await stored.dispose?.();
    }
    return await engineFor(platform, config, prepared ?? matched, part, options);
  } catch (error) {
    await (prepared ?? stored).dispose?.();
    throw error;
  }
}

/** The engine of a model with random weights. Throws "invalid-argument" for unknown options and a wrong seed. */
export async function freshEngine(
  platform: Host,
  config: GitConfig,
  part: ModelPart,
  options: FreshModelOptions,
): Promise<Engine> {
  checkObject("options", options);
  const { seed = 0 } = options;
  throwProblems([...unknownOptions(options, ["seed", "backend"]), ...seedProblems(seed), ...backendProblems(options)]);
  const complete = GitConfig.create(config);
  const weights = (await loadOnDemand()).randomWeights(complete, part, seed);
  return engineFor(platform, complete, weights, part, options);
}

/** A backend is a value that somebody opens, not a name. */
function backendProblems({ backend }: Pick<ModelOptions, "backend">): Problem[] {
  if (backend === undefined || typeof backend?.open === "function") return [];
  return [
    {
      subject: 'option "backend"',
      problem: "it is no backend",
      expected: "a plugin such as ortNode()",
      got: show(backend),
    },
  ];
}

/** A dtype is one of a few names. */
function dtypeProblems(option: string, dtype: WeightDType | undefined, known: readonly WeightDType[]): Problem[] {
  if (dtype === undefined || known.includes(dtype)) return [];
  const expected = known.map((name) => `"${name}"`).join(", ");
  return [{ subject: `option "${option}"`, problem: "there is no such dtype", expected, got: show(dtype) }];
}

async function engineFor(
  platform: Host,
  config: GitConfig,
  weights: WeightSource,
  part: ModelPart,
  options: ModelOptions,
): Promise<Engine> {
  const plugin = options.backend ?? platform.backend();
  const { dtype, draft, signal } = options;
  const form = await firstForm({ config, part, weights, dtype });
  checkMemory(form.weights, plugin, platform);
  const passedOver: string[] = [];
  const backend = await plugin.open((problem) => passedOver.push(formatProblem(problem)));
  // Captions that run ahead need it: it comes beside the weights. A failure is that of the call which needs it.
  if (backend.runAhead) loadOnDemand().catch(() => {});
  try {
    const { weights: watched, done } = withProgress(form.weights, (loaded, total) =>
      options.onProgress?.({ phase: "load", file: "weights", loaded, total }),
    );
    const engine = await Engine.open({
      config,
      weights,
      part,
      form,
      backend,
      passedOver,
      watched,
      signal,
      onPrepare(loaded, total) {
        done();
        options.onProgress?.({ phase: "prepare", file: "kernels", loaded, total });
      },
    });
    if (draft || (draft !== false && backend.boundByWeights)) {
      engine.draft = await (await loadOnDemand()).openDraft({ engine, backend, host: platform, dtype: draft });
    }
    done();
    return engine;
  } catch (error) {
    await backend.dispose();
    throw error;
  }
}
