// A plan on a device: pipelines, parameters in one uniform buffer, and bind groups that are made once for each set of
// buffers. What a run still has to do is to write a few numbers and to record the dispatches.
import { type Bindings, evaluateDim } from "@glimpsejs/graph";
import type { Plan } from "@glimpsejs/wgsl";
import type { Shared } from "./buffers.ts";
import { watched } from "./failures.ts";
import { type GpuBuffer, type GpuPass, usage } from "./gpu.ts";
import type { Pipeline, Session } from "./session.ts";

/** Buffers that outlive a run have numbers, by which bind groups are found again. */
export interface Bound {
  readonly id: number | string;
  readonly buffer: GpuBuffer;
}

/** Bind groups of one dispatch that are kept; outputs alternate between few buffers. */
const keptGroups = 8;

/** Told while a plan is made: at once how many kernels it has, then of each that is ready. */
export interface PlanProgress {
  planned(kernels: number): void;
  made(): void;
}

/** A plan with everything that is made once. */
export class BoundPlan {
  readonly plan: Plan;
  private readonly session: Session;
  private readonly pipelines: readonly Pipeline[];
  private readonly uniforms: GpuBuffer;
  private readonly values: Uint32Array<ArrayBuffer>;
  /** Where parameters depend on growing dimensions. */
  private readonly growing: readonly { readonly at: number; readonly dim: string }[];
  private readonly stride: number;
  private readonly groups: readonly Map<string, object>[];
  /** Buffers for feeds that come from the host. */
  private readonly feeds = new Map<string, Shared>();
  private written = false;

  private constructor(session: Session, plan: Plan, pipelines: readonly Pipeline[]) {
    this.session = session;
    this.plan = plan;
    this.pipelines = pipelines;
    const largest = Math.max(0, ...plan.dispatches.map(({ params }) => 4 * params.length));
    const alignment = session.device.limits.minUniformBufferOffsetAlignment;
    this.stride = alignment * Math.ceil(largest / alignment);
    const bytes = Math.max(16, this.stride * plan.dispatches.length);
    this.uniforms = session.buffers.create(bytes, usage.uniform | usage.copyDst, "parameters");
    this.values = new Uint32Array(bytes / 4);
    const growing: { at: number; dim: string }[] = [];
    for (const [i, { params }] of plan.dispatches.entries()) {
      for (const [j, value] of params.entries()) {
        const at = (i * this.stride) / 4 + j;
        if (typeof value === "number") this.values[at] = value;
        else growing.push({ at, dim: value });
      }
    }
    this.growing = growing;
    this.groups = plan.dispatches.map(() => new Map());
  }

  /** Makes all pipelines, side by side. Rejects with "out-of-memory" or "backend". */
  static async make(session: Session, plan: Plan, progress?: PlanProgress): Promise<BoundPlan> {
    progress?.planned(plan.dispatches.length);
    const pipelines = await Promise.all(
      plan.dispatches.map(async ({ kernel }) => {
        const pipeline = await session.pipeline(kernel);
        progress?.made();
        return pipeline;
      }),
    );
    const { result, failure } = watched(session.device, `memory for graph "${plan.graph}"`, () => {
      return new BoundPlan(session, plan, pipelines);
    });
    const error = await failure;
    if (error === undefined) return result;
    result.dispose();
    throw error;
  }

  /** Writes the parameters for these sizes, if they differ from the last run's. */
  writeParams(sizes: Bindings): void {
    let changed = !this.written;
    const known = new Map<string, number>();
    for (const { at, dim } of this.growing) {
      const value = known.get(dim) ?? evaluateDim(dim, sizes);
      known.set(dim, value);
      if (this.values[at] === value) continue;
      this.values[at] = value;
      changed = true;
    }
    if (changed) this.session.device.queue.writeBuffer(this.uniforms as never, 0, this.values);
    this.written = true;
  }

  /** The buffer for a feed that the host writes. */
  feedBuffer(input: string, bytes: number): Shared {
    let shared = this.feeds.get(input);
    if (shared === undefined) {
      shared = this.session.buffers.take(bytes);
      this.feeds.set(input, shared);
    }
    return shared;
  }

  /** Records dispatch `i`. */
  record(pass: GpuPass, i: number, bound: (id: number) => Bound): void {
    const dispatch = this.plan.dispatches[i];
    const pipeline = this.pipelines[i];
    if (dispatch === undefined || pipeline === undefined) return;
    const buffers = dispatch.buffers.map(bound);
    const key = buffers.map(({ id }) => id).join();
    const cache = this.groups[i];
    let group = cache?.get(key);
    if (group === undefined) {
      group = this.makeGroup(i, pipeline, buffers);
      if (cache !== undefined && cache.size >= keptGroups) cache.clear();
      cache?.set(key, group);
    }
    pass.setPipeline(pipeline.pipeline as never);
    pass.setBindGroup(0, group as never);
    pass.dispatchWorkgroups(...dispatch.groups);
  }

  /** Frees what the plan has of its own. */
  dispose(): void {
    for (const shared of this.feeds.values()) shared.release();
    this.feeds.clear();
    this.session.buffers.destroy(this.uniforms);
  }

  private makeGroup(i: number, { layout }: Pipeline, buffers: readonly Bound[]): object {
    const params = this.plan.dispatches[i]?.params.length ?? 0;
    // A uniform struct of u32 is as large as its members, rounded up to nothing.
    const uniform = { buffer: this.uniforms, offset: i * this.stride, size: Math.max(4, 4 * params) };
    const entries = [uniform, ...buffers.map(({ buffer }) => ({ buffer }))].map((resource, binding) => ({
      binding,
      resource,
    }));
    return this.session.device.createBindGroup({ layout: layout as never, entries: entries as never });
  }
}
