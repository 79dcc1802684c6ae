// Graphs and their weights on the device. A run takes its feeds when it is called and is recorded when its turn comes; it
// never waits for the device.
import type { ExpectedRun, Feeds, Outputs, PrepareOptions, Program } from "@glimpsejs/backend";
import { DisposedError, GlimpseError, throwIfAborted } from "@glimpsejs/base";
import { type Bindings, bindFeeds, evaluateDim, type Graph, type WeightSource } from "@glimpsejs/graph";
import { type GrowingState, growingStates, layOutWeights, type PlanOptions, type WeightLayout } from "@glimpsejs/wgsl";
import { type Taken, type TakenFeeds, takeFeeds } from "./feeds.ts";
import { loadWeights, type WeightProgress } from "./load-weights.ts";
import type { Profiler } from "./profiler.ts";
import { Residence } from "./residence.ts";
import { runPlan } from "./run-plan.ts";
import type { Session } from "./session.ts";
import type { Lifetime } from "./tensor.ts";

/** What a program needs of its backend. */
export interface ProgramOwner {
  readonly lifetime: Lifetime;
  /** Whether float16 weights stay so. */
  readonly half: boolean;
  readonly profiler: Profiler | undefined;
  readonly onProgress: WeightProgress | undefined;
  /** Whether kernels are made before they are needed. */
  readonly prepares: boolean;
  /** The session of now, on a new device if the last was lost. Rejects with "device-lost". */
  session(): Promise<Session>;
  forget(program: WebGpuProgram<string>): void;
}

/** States have room for at least this many rows. */
const leastCapacity = 32;

/** See {@link Program}. */
export class WebGpuProgram<G extends string> implements Program<G> {
  readonly graphs: Readonly<Record<G, Graph>>;
  private readonly owner: ProgramOwner;
  private readonly weights: WeightSource;
  private readonly layout: WeightLayout;
  private readonly states = new Map<string, readonly GrowingState[]>();
  private residence: Residence | undefined;
  /** Settles when everything called so far is done; never rejects. */
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(owner: ProgramOwner, graphs: Readonly<Record<G, Graph>>, weights: WeightSource) {
    this.owner = owner;
    this.graphs = graphs;
    this.weights = weights;
    const all = Object.values<Graph>(graphs);
    this.layout = layOutWeights(all, (name) => weights.get(name)?.dtype, owner.half);
    for (const [name, graph] of Object.entries<Graph>(graphs)) this.states.set(name, growingStates(graph));
  }

  /** Loads the weights. */
  async load(signal?: AbortSignal): Promise<void> {
    await this.resident(signal);
  }

  async run<O extends string>(name: G, feeds: Feeds, outputs?: readonly O[]): Promise<Outputs<O>> {
    if (this.disposed) throw new DisposedError("program");
    if (!Object.hasOwn(this.graphs, name)) throw unknown("graph", [name], this.graphs);
    const graph = this.graphs[name];
    const taken = takeFeeds(graph, feeds, this.owner.lifetime);
    try {
      const sizes = bindFeeds(graph, taken.values);
      // Without a choice the results are all outputs, whose names are O by the contract.
      const wanted = [...new Set(outputs ?? (Object.keys(graph.outputs) as O[]))];
      const missing = wanted.filter((output) => !Object.hasOwn(graph.outputs, output));
      if (missing.length > 0) throw unknown("output", missing, graph.outputs);
      return await this.enqueue(() => this.execute(name, taken, sizes, wanted));
    } finally {
      taken.release();
    }
  }

  async prepare(runs: readonly ExpectedRun<G>[], { onProgress, signal }: PrepareOptions): Promise<void> {
    if (this.disposed) throw new DisposedError("program");
    if (!this.owner.prepares) return;
    await this.enqueue(async () => {
      const residence = await this.resident(signal);
      let [made, total] = [0, 0];
      const progress = {
        planned: (kernels: number) => {
          total += kernels;
        },
        made: () => onProgress?.(++made, total),
      };
      await Promise.all(
        runs.map(({ graph, outputs, sizes }) => {
          const states = this.states.get(graph) ?? [];
          const capacity = capacityOf(this.graphs[graph], states, {}, sizes);
          const options = this.planOptions(graph, outputs, sizes, capacity, residence);
          return residence.plan(this.graphs[graph], options, progress);
        }),
      );
      throwIfAborted(signal, "prepare");
    });
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.enqueue(async () => {
      const { residence } = this;
      this.residence = undefined;
      this.owner.forget(this);
      await residence?.dispose();
    });
  }

  /** What a plan depends on; the rows of states do not count, as long as there is room for them. */
  private planOptions(
    name: G,
    outputs: readonly string[],
    sizes: Bindings,
    capacity: number,
    { session: { features } }: Residence,
  ): PlanOptions {
    const growing = new Set(this.states.get(name)?.map((state) => state.name));
    const fixed = Object.entries(sizes).filter(([dim]) => !growing.has(dim));
    // In one order, as plans are found by their options.
    return { outputs, sizes: Object.fromEntries(fixed.sort()), capacity, layout: this.layout, features };
  }

  private enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.queue.then(task);
    this.queue = result.catch(() => undefined);
    return result;
  }

  private async execute<O extends string>(
    name: G,
    taken: TakenFeeds,
    all: Bindings,
    outputs: readonly O[],
  ): Promise<Outputs<O>> {
    const graph = this.graphs[name];
    const residence = this.residence?.session.isLost === false ? this.residence : await this.resident();
    for (const { content } of Object.values(taken.values)) {
      if (content !== undefined && content.session !== residence.session) throw content.session.lossError();
    }
    const capacity = capacityOf(graph, this.states.get(name) ?? [], taken.values, all);
    const bound = await residence.plan(graph, this.planOptions(name, outputs, all, capacity, residence));
    residence.session.checkAlive();
    const { lifetime, profiler } = this.owner;
    // They have exactly the wanted names.
    return runPlan({ residence, bound, feeds: taken.values, sizes: all, lifetime, profiler }) as Outputs<O>;
  }

  /** The program on the device of now. */
  private async resident(signal?: AbortSignal): Promise<Residence> {
    const session = await this.owner.session();
    if (this.residence?.session === session) return this.residence;
    const { onProgress } = this.owner;
    const graphs = Object.values<Graph>(this.graphs);
    const packs = await loadWeights(session, this.layout, graphs, this.weights, { signal, onProgress });
    this.residence = new Residence(session, packs);
    return this.residence;
  }
}

/** Rows that the states of a run get room for: what they have while that is enough, else twice as much. */
function capacityOf(
  graph: Graph,
  states: readonly GrowingState[],
  feeds: Readonly<Record<string, Taken>>,
  sizes: Bindings,
): number {
  let needed = 0;
  let existing = 0;
  for (const { input, output, axis } of states) {
    needed = Math.max(needed, evaluateDim(graph.types[graph.outputs[output] ?? ""]?.shape[axis] ?? 0, sizes));
    const room = feeds[input]?.content?.room;
    if (room !== undefined && room.axis === axis) existing = Math.max(existing, room.capacity);
  }
  if (existing >= needed) return existing;
  return Math.max(leastCapacity, 2 ** Math.ceil(Math.log2(needed)));
}

function unknown(kind: string, names: readonly string[], known: object): GlimpseError {
  const expected = Object.keys(known).join(", ");
  const problems = names.map((name) => ({ subject: `${kind} "${name}"`, problem: "there is no such name", expected }));
  return new GlimpseError(problems, { code: "invalid-argument" });
}
