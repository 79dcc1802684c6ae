// Times of single dispatches, by timestamp queries: a pass for each dispatch, so that its beginning and end can be asked
// for. A profiled run is slower as a whole; the times of its kernels are what they are.
import { type Bindings, evaluateDim } from "@glimpsejs/graph";
import type { Bound, BoundPlan } from "./bound-plan.ts";
import { type GpuBuffer, type GpuEncoder, type GpuQuerySet, usage } from "./gpu.ts";
import type { Session } from "./session.ts";

/** One dispatch and its time. */
export interface DispatchTime {
  /** Name of the graph that was run. */
  readonly graph: string;
  /** The op that the kernel computes. */
  readonly op: string;
  /** Name of the kernel, such as "gemv 4 rows". */
  readonly kernel: string;
  /** Where in the model it stands, as in the graph. */
  readonly path: string;
  /** From the GPU's own clock; browsers may round it. */
  readonly nanoseconds: number;
  /** Floating-point operations: additions and multiplications counted apart. */
  readonly flops: number;
  /** Bytes of the buffers that it reads and writes, each counted once: what must move at least, or more. */
  readonly bytes: number;
}

type Entry = Omit<DispatchTime, "nanoseconds">;

/** Collects times of all runs until they are taken. */
export class Profiler {
  private readonly pending: { session: Session; entries: readonly Entry[]; set: GpuQuerySet; staging: GpuBuffer }[] =
    [];

  /** Records all dispatches of a run, each in a pass of its own. */
  record(
    session: Session,
    encoder: GpuEncoder,
    bound: BoundPlan,
    boundOf: (id: number) => Bound,
    sizes: Bindings,
  ): void {
    const { device, buffers } = session;
    const { plan } = bound;
    const count = 2 * plan.dispatches.length;
    if (count === 0) return;
    const set = device.createQuerySet({ type: "timestamp", count });
    for (let i = 0; i < plan.dispatches.length; i++) {
      const timestampWrites = { querySet: set, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      bound.record(pass, i, boundOf);
      pass.end();
    }
    const bytes = 8 * count;
    const results = buffers.create(bytes, usage.queryResolve | usage.copySrc, "timestamps");
    const staging = buffers.takeStaging(bytes);
    encoder.resolveQuerySet(set as never, 0, count, results as never, 0);
    encoder.copyBufferToBuffer(results as never, 0, staging as never, 0, bytes);
    const entries = plan.dispatches.map(({ op, kernel, path, work }): Entry => {
      const { name } = kernel;
      const flops = evaluateDim(work.flops, sizes);
      return { graph: plan.graph, op, kernel: name, path, flops, bytes: evaluateDim(work.bytes, sizes) };
    });
    this.pending.push({ session, entries, set, staging });
    // It is used until the run is submitted, and no longer.
    const free = () => buffers.destroy(results);
    void device.queue.onSubmittedWorkDone().then(free, free);
  }

  /**
   * The times of all runs since the last call. Waits for the device. Rejects with "device-lost" where a run's device is
   * gone; that run's times are gone too, those of later ones are in the next call.
   */
  async take(): Promise<readonly DispatchTime[]> {
    const times: DispatchTime[] = [];
    for (let run = this.pending.shift(); run !== undefined; run = this.pending.shift()) {
      const { session, entries, set, staging } = run;
      session.checkAlive();
      const stamps = new BigInt64Array(await session.readStaging(staging, 16 * entries.length, "reading timestamps"));
      set.destroy();
      for (const [i, entry] of entries.entries()) {
        times.push({ ...entry, nanoseconds: Number((stamps[2 * i + 1] ?? 0n) - (stamps[2 * i] ?? 0n)) });
      }
    }
    return times;
  }
}
