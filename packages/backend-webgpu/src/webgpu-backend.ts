// An open GPU. It has one device at a time; one that was opened here and is lost is replaced by a new one, to which the
// programs move with their weights.
import { type Backend, checkWeights, type Program } from "@glimpsejs/backend";
import { DisposedError, GlimpseError, throwIfAborted } from "@glimpsejs/base";
import {
  type DType,
  elementCount,
  type Graph,
  type HostTensor,
  prune,
  verify,
  type WeightSource,
} from "@glimpsejs/graph";
import { type Counters, noCounts } from "./counters.ts";
import { watched } from "./failures.ts";
import { hostCopy } from "./feeds.ts";
import type { GpuDevice } from "./gpu.ts";
import type { WeightProgress } from "./load-weights.ts";
import type { Profiler } from "./profiler.ts";
import { type ProgramOwner, WebGpuProgram } from "./program.ts";
import { type OpenedDevice, Session } from "./session.ts";
import { type Lifetime, WebGpuTensor } from "./tensor.ts";

/** What a backend is opened with. */
export interface BackendOptions {
  readonly open: () => Promise<OpenedDevice>;
  /** Collects the time of every dispatch; undefined: none is measured. */
  readonly profiler: Profiler | undefined;
  /** Told as weights are uploaded. */
  readonly onProgress: WeightProgress | undefined;
  readonly prepare: boolean;
}

/** A {@link Backend} on a GPU. */
export class WebGpuBackend implements Backend, ProgramOwner {
  /** As errors and `git.backend` call it. */
  readonly name = "webgpu";
  readonly dtypes: ReadonlySet<DType> = new Set<DType>(["float32", "float16", "bfloat16", "float64", "int8", "uint8"]);
  /** A weight is on the device once for all graphs of a program. */
  readonly sharesWeights = true;
  /** Steps submitted before the first is read: 1 hides most of the way to a GPU; a program that imitates one is not far away. */
  readonly runAhead: number;
  /** What it has done and holds. */
  readonly counters: Readonly<Counters>;
  /** Whether it was disposed; shared with its tensors. */
  readonly lifetime: Lifetime = { disposed: false };
  /** Whether float16 weights stay float16 on the device; what the self-test found may forbid it. */
  half = true;
  /** Collects the time of every dispatch, where times were asked for. */
  readonly profiler: Profiler | undefined;
  /** Told as weights are uploaded. */
  readonly onProgress: WeightProgress | undefined;
  readonly prepares: boolean;
  private readonly options: BackendOptions;
  private readonly programs = new Set<WebGpuProgram<string>>();
  private current: Session;
  private reopening: Promise<Session> | undefined;

  constructor(options: BackendOptions, opened: OpenedDevice) {
    const counters = noCounts();
    this.options = options;
    this.profiler = options.profiler;
    this.onProgress = options.onProgress;
    this.prepares = options.prepare;
    this.runAhead = opened.isSoftware ? 0 : 1;
    this.counters = counters;
    this.current = new Session(opened, counters);
  }

  /** The device of now, such as a canvas can share. One that the backend opened is destroyed with it. */
  get device(): GpuDevice {
    return this.current.device;
  }

  async compile<G extends string>(
    graphs: Readonly<Record<G, Graph>>,
    weights: WeightSource,
    signal?: AbortSignal,
  ): Promise<Program<G>> {
    this.live();
    throwIfAborted(signal, "compile");
    const all = Object.values<Graph>(graphs);
    for (const graph of all) verify(graph);
    checkNodes(all);
    checkWeights(all.map(prune), weights, this.dtypes);
    const program = new WebGpuProgram(this, graphs, weights);
    this.programs.add(program);
    try {
      await program.load(signal);
      this.live();
    } catch (error) {
      await program.dispose();
      throw error;
    }
    return program;
  }

  upload(value: HostTensor): WebGpuTensor {
    this.live();
    const session = this.current;
    session.checkAlive();
    const { dtype, shape, data } = hostCopy(value, "upload");
    if (dtype !== "float32" && dtype !== "int32") {
      throw new GlimpseError(
        {
          subject: "upload",
          problem: "the dtype is not one that graphs compute in",
          expected: "float32 or int32",
          got: dtype,
        },
        { code: "unsupported" },
      );
    }
    if (elementCount(shape) === 0)
      return new WebGpuTensor(dtype, shape, { session, storage: undefined }, this.lifetime);
    const { result: storage, failure } = watched(session.device, "uploading a value", () => {
      const taken = session.buffers.take(data.byteLength);
      session.device.queue.writeBuffer(taken.buffer as never, 0, data);
      return taken;
    });
    return new WebGpuTensor(dtype, shape, { session, storage, failure }, this.lifetime);
  }

  async dispose(): Promise<void> {
    if (this.lifetime.disposed) return;
    this.lifetime.disposed = true;
    await Promise.all([...this.programs].map((program) => program.dispose()));
    await this.reopening?.catch(() => undefined);
    this.current.close();
  }

  async session(): Promise<Session> {
    this.live();
    if (!this.current.isLost) return this.current;
    if (!this.current.isOwn) throw this.current.lossError();
    this.reopening ??= this.reopen().finally(() => {
      this.reopening = undefined;
    });
    return this.reopening;
  }

  /** Told by a program that it was disposed. */
  forget(program: WebGpuProgram<string>): void {
    this.programs.delete(program);
  }

  private async reopen(): Promise<Session> {
    this.current.close();
    this.current = new Session(await this.options.open(), this.counters as Counters);
    return this.current;
  }

  private live(): void {
    if (this.lifetime.disposed) throw new DisposedError('backend "webgpu"');
  }
}

/** Throws one "unsupported" error for all nodes whose quantized matrix is not a weight, which would have to be uploaded. */
function checkNodes(graphs: readonly Graph[]): void {
  const problems = graphs.flatMap((graph) =>
    graph.nodes.flatMap((node) => {
      if (node.op !== "quantizedLinear" || Object.hasOwn(graph.weights, node.inputs.weight)) return [];
      return [{ subject: `quantizedLinear "${node.path}"`, problem: "its matrix is computed", expected: "a weight" }];
    }),
  );
  if (problems.length > 0) throw new GlimpseError(problems, { code: "unsupported" });
}
