// A picture encoded once. GIT's image tokens attend to image tokens only, so their keys and values are the same
// whatever text follows: any number of captions, answers and beams grow from one trunk without copying it.

import type { DeviceTensor } from "@glimpsejs/backend";
import { DisposedError, type Problem, show } from "@glimpsejs/base";
import { float32, type HostTensor } from "@glimpsejs/graph";
import { survivingLoss } from "./device-loss.ts";
import type { EncodeOptions, Engine } from "./engine.ts";
import { readFloats } from "./logits.ts";

/** Keys and values of the image tokens of each layer, float32 [B, H, I, d], by input name ("trunk.0.key"). */
export type TrunkCache = Readonly<Record<string, DeviceTensor>>;

/**
 * One or several pictures (or clips) encoded for any number of later calls: `git.encode(picture)`. Dispose it when it
 * is no longer needed, or declare it with `using`.
 */
export class Trunk {
  /** Number of pictures, B. */
  readonly batch: number;
  /** Image tokens per picture, I; a clip has those of all its frames. */
  readonly imageTokens: number;
  /** Runs of the image encoder that made this trunk: 1, or 0 for a text without a picture and for frames encoded before. */
  readonly visionRuns: number;
  private readonly engine: Engine;
  /** Computes the features once more, where they are on a device. */
  private readonly recompute: (() => Promise<DeviceTensor>) | undefined;
  private features: DeviceTensor | HostTensor<"float32">;
  private cache: TrunkCache | undefined;
  private disposed = false;

  private constructor(
    engine: Engine,
    features: DeviceTensor | HostTensor<"float32">,
    visionRuns: number,
    recompute?: () => Promise<DeviceTensor>,
  ) {
    const [batch = 0, imageTokens = 0] = features.shape;
    this.recompute = recompute;
    this.engine = engine;
    this.features = features;
    this.batch = batch;
    this.imageTokens = imageTokens;
    this.visionRuns = visionRuns;
  }

  /** Encodes pixelValues float32 [B, 3, H, W] or [B, F, 3, H, W] with one run of the image encoder. */
  static async encode(engine: Engine, pixelValues: HostTensor<"float32">, options: EncodeOptions = {}): Promise<Trunk> {
    // It keeps the pixels, so that it can be made again on another device.
    const encode = async () => (await engine.encode("vision", pixelValues, options, ["features"])).features;
    const features = await survivingLoss(encode, async () => {});
    return new Trunk(engine, features, 1, encode);
  }

  /** A trunk of features that were computed before, float32 [B, I, Dv], with no run of the image encoder. */
  static ofFeatures(engine: Engine, features: HostTensor<"float32">): Trunk {
    return new Trunk(engine, features, 0);
  }

  /** A trunk without image tokens, for text alone. */
  static empty(engine: Engine, batch: number): Trunk {
    return new Trunk(engine, float32([], [batch, 0, engine.config.visionConfig.hiddenSize]), 0);
  }

  /** A trunk of `times` · B pictures: these, over and over. This one is freed. Only before its first use. */
  async repeated(times: number): Promise<Trunk> {
    const pending = this.pendingFeatures;
    if (pending === undefined) throw new TypeError("trunk: it was used already, so it cannot be repeated.");
    const host = "read" in pending ? await readFloats(pending) : pending;
    this.disposed = true;
    const [, tokens = 0, width = 0] = host.shape;
    const data = new Float32Array(times * host.data.length);
    for (let i = 0; i < times; i++) data.set(host.data, i * host.data.length);
    return new Trunk(this.engine, float32(data, [times * this.batch, tokens, width]), this.visionRuns);
  }

  /** Whether `engine` encoded it, so that it fits what that computes. */
  isOf(engine: Engine): boolean {
    return this.engine === engine;
  }

  /** The image features float32 [B, I, Dv] while no decoder run has seen them, then undefined. */
  get pendingFeatures(): DeviceTensor | HostTensor<"float32"> | undefined {
    if (this.disposed) throw new DisposedError("trunk");
    return this.cache === undefined ? this.features : undefined;
  }

  /** The image's keys and values, once a decoder run has made them. */
  get settledCache(): TrunkCache | undefined {
    if (this.disposed) throw new DisposedError("trunk");
    return this.cache;
  }

  /** Makes the image's keys and values in a run of their own, where they are not made yet. */
  async learn(): Promise<void> {
    const features = this.pendingFeatures;
    if (features !== undefined && this.imageTokens > 0) await this.engine.learn(this, features);
  }

  /** Keeps the keys and values that a decoder run made of the features; the features are freed. */
  settle(cache: TrunkCache): void {
    if (this.disposed) for (const tensor of Object.values(cache)) tensor.dispose();
    else {
      this.cache = cache;
      if ("dispose" in this.features) this.features.dispose();
    }
  }

  /** Makes it anew from the pixels, after the device was lost that it was on. */
  async renew(): Promise<void> {
    if (this.disposed) throw new DisposedError("trunk");
    for (const tensor of Object.values(this.cache ?? {})) tensor.dispose();
    this.cache = undefined;
    if (this.recompute === undefined) return;
    if ("dispose" in this.features) this.features.dispose();
    this.features = await this.recompute();
  }

  /** Frees the device memory. Safe to call twice; later use throws DisposedError. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    if ("dispose" in this.features) this.features.dispose();
    for (const tensor of Object.values(this.cache ?? {})) tensor.dispose();
  }

  /** dispose(), for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A problem if an argument that has to be a trunk is none. */
export function trunkProblems(trunk: unknown): Problem[] {
  if (trunk instanceof Trunk) return [];
  return [{ subject: "trunk", problem: "it is no trunk", expected: "what encode() returned", got: show(trunk) }];
}
