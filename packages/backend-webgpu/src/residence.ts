// A program on one device: its weights, its temporaries, and the plans that were made so far. When the device is lost all
// of it is, and the program moves to the next one.
import type { Graph } from "@glimpsejs/graph";
import { type Plan, type PlanOptions, planGraph } from "@glimpsejs/wgsl";
import { type Bound, BoundPlan, type PlanProgress } from "./bound-plan.ts";
import { type GpuBuffer, usage } from "./gpu.ts";
import { type Binding, checkBindings } from "./limits.ts";
import type { LoadedPack } from "./load-weights.ts";
import type { Session } from "./session.ts";

/** Plans that are kept; a search uses few, but every number of rows has its own. */
const keptPlans = 32;

/** A program's things on a device. */
export class Residence {
  readonly session: Session;
  readonly packs: readonly LoadedPack[];
  /** Temporaries of all plans: they run one after the other. */
  private readonly slots: { id: string; buffer: GpuBuffer }[] = [];
  private readonly plans = new Map<string, Promise<BoundPlan>>();

  constructor(session: Session, packs: readonly LoadedPack[]) {
    this.session = session;
    this.packs = packs;
  }

  /** The plan for a graph and options, made when it is first asked for; `progress` is told while it is. */
  plan(graph: Graph, options: PlanOptions, progress?: PlanProgress): Promise<BoundPlan> {
    const key = JSON.stringify([graph.name, options.outputs, options.sizes, options.capacity]);
    let plan = this.plans.get(key);
    if (plan === undefined) {
      plan = this.make(graph, options, progress);
      plan.catch(() => this.plans.delete(key));
    }
    // Those used last are last.
    this.plans.delete(key);
    this.plans.set(key, plan);
    const [oldest] = this.plans;
    if (this.plans.size > keptPlans && oldest !== undefined) {
      this.plans.delete(oldest[0]);
      void oldest[1].then((old) => old.dispose());
    }
    return plan;
  }

  /** The buffer of a slot, made larger if need be. */
  slot(index: number, bytes: number): Bound {
    const { buffers } = this.session;
    const known = this.slots[index];
    if (known !== undefined && known.buffer.size >= bytes) return known;
    // Work that is submitted still has the old one.
    if (known !== undefined) buffers.destroy(known.buffer);
    const made = {
      id: `slot ${index} of ${bytes}`,
      buffer: buffers.create(bytes, usage.storage | usage.copySrc | usage.copyDst, "temporary"),
    };
    this.slots[index] = made;
    return made;
  }

  /** The buffer of a pack. */
  weight(pack: number, part: keyof LoadedPack): Bound {
    const buffer = this.packs[pack]?.[part];
    if (buffer === undefined) throw new TypeError(`weights: pack ${pack} has no ${part}.`);
    return { id: `${part} ${pack}`, buffer };
  }

  /** Frees everything. */
  async dispose(): Promise<void> {
    const { buffers } = this.session;
    for (const plan of await Promise.allSettled(this.plans.values())) {
      if (plan.status === "fulfilled") plan.value.dispose();
    }
    this.plans.clear();
    for (const { buffer } of this.slots) buffers.destroy(buffer);
    for (const { weight, scales, bias } of this.packs) {
      for (const buffer of [weight, scales, bias]) if (buffer !== undefined) buffers.destroy(buffer);
    }
  }

  private async make(graph: Graph, options: PlanOptions, progress?: PlanProgress): Promise<BoundPlan> {
    const plan = planGraph(graph, options);
    this.checkSizes(plan);
    const bound = await BoundPlan.make(this.session, plan, progress);
    this.session.checkAlive();
    return bound;
  }

  private checkSizes(plan: Plan): void {
    const bindings = plan.buffers.flatMap((spec): Binding[] => {
      if (spec.kind === "weight") return [];
      const isFed = spec.kind === "feed" || spec.kind === "state";
      return [{ names: [isFed ? `"${spec.input}"` : `a value of graph "${plan.graph}"`], bytes: spec.bytes }];
    });
    checkBindings(this.session.device.limits, bindings);
  }
}
