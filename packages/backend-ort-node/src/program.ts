// A program: one ONNX Runtime session per graph, made when the graph is first run, and a queue that keeps call order.
import type { DeviceTensor, Feeds, Outputs, Program, RunOptions } from "@glimpsejs/backend";
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { bindFeeds, type Graph, type HostTensor, type WeightSource } from "@glimpsejs/graph";
import { type Lifetime, OrtTensor, type OrtValue, type Slots, toOrt } from "./device-tensor.ts";
import { roomForLarge } from "./large-results.ts";
import type { Reading } from "./memory.ts";
import type { OrtRuntime } from "./ort-runtime.ts";
import { type Pieces, piecesOf, type Whole } from "./pieces.ts";
import { openSession, type Session } from "./session.ts";
import { appended, type StateInPlace, stateInPlace, type Taken, withRoom } from "./state-in-place.ts";

/**
 * Runs of a graph after which its session is opened again with packed weights. Packing the weights of git-base's decoder
 * takes as long as 60 runs of 4 beams gain by it, those of its image encoder as long as 30 pictures do, and in 8 bits as 8.
 */
const runsUnpacked = { float: 32, rounded: 8 };

interface Opened {
  readonly session: Session;
  readonly packed: boolean;
  runs: number;
}

/** See {@link Program}. ONNX Runtime computes on the calling thread, so a resolved run has computed its outputs. */
export class OrtProgram<G extends string> implements Program<G> {
  readonly graphs: Readonly<Record<G, Graph>>;
  private readonly ort: OrtRuntime;
  private readonly weights: WeightSource;
  private readonly threads: number | undefined;
  private readonly lifetime: Lifetime;
  private readonly onDispose: () => void;
  private readonly opened = new Map<G, Opened>();
  private readonly inPlace = new Map<G, StateInPlace | undefined>();
  /** Settles when everything called so far is done; never rejects. */
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(
    ort: OrtRuntime,
    graphs: Readonly<Record<G, Graph>>,
    weights: WeightSource,
    threads: number | undefined,
    lifetime: Lifetime,
    onDispose: () => void,
  ) {
    this.ort = ort;
    this.graphs = graphs;
    this.weights = weights;
    this.threads = threads;
    this.lifetime = lifetime;
    this.onDispose = onDispose;
  }

  async run<O extends string>(
    name: G,
    feeds: Feeds,
    outputs?: readonly O[],
    { independent }: RunOptions = {},
  ): Promise<Outputs<O>> {
    if (this.disposed) throw new DisposedError("program");
    if (!Object.hasOwn(this.graphs, name)) throw unknown("graph", [name], this.graphs);
    const graph = this.graphs[name];
    const { memory } = this.lifetime;
    const { own, reading, ...given } = this.take(name, feeds);
    try {
      const sizes = bindFeeds(graph, feeds);
      const taken = withRoom(this.ort, given, this.stateOf(name)?.masks ?? []);
      for (const mask of this.stateOf(name)?.masks ?? []) {
        const value = taken.values[mask];
        if (value !== undefined && value !== given.values[mask]) own.push(value);
      }
      // Without a choice the results are all outputs, whose names are O by the contract.
      const wanted = outputs ?? (Object.keys(graph.outputs) as O[]);
      const missing = wanted.filter((output) => !Object.hasOwn(graph.outputs, output));
      if (missing.length > 0) throw unknown("output", missing, graph.outputs);
      const whole = { ort: this.ort, graph, values: taken.values, outputs: wanted, sizes };
      const pieces = independent === undefined ? undefined : piecesOf(whole, independent);
      return await this.enqueue(() =>
        pieces === undefined ? this.execute(name, taken, whole, own) : this.executeInPieces(name, pieces),
      );
    } finally {
      memory.end(reading);
      memory.free(own);
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    this.onDispose();
    await this.enqueue(async () => {
      for (const { session } of this.opened.values()) await session.close();
      this.opened.clear();
    });
  }

  /** The session of a graph, for its next run. */
  private async session(name: G): Promise<Session> {
    const known = this.opened.get(name);
    if (known === undefined) {
      if (!this.packsAtOnce(name)) await this.openThosePackedAtOnce();
      return this.open(name, this.packsAtOnce(name));
    }
    if (known.packed) return known.session;
    known.runs++;
    if (known.runs <= runsUnpacked[isRounded(this.graphs[name]) ? "rounded" : "float"]) return known.session;
    // Closed first, so that the weights are never in memory twice.
    this.opened.delete(name);
    await known.session.close();
    return this.open(name, true);
  }

  /** Products of few rows with 4- and 8-bit weights are only fast on weights that were reordered. */
  private packsAtOnce(name: G): boolean {
    return isRounded(this.graphs[name]) && !hasManyRows(this.graphs[name]);
  }

  /**
   * While the largest weight is packed it is in memory twice, of git-base 11 MB in 4 bits and 19 in 8. Before the large graphs
   * are there, that is no peak. What cannot be opened fails where it is run.
   */
  private async openThosePackedAtOnce(): Promise<void> {
    for (const name of Object.keys(this.graphs) as G[]) {
      if (this.packsAtOnce(name) && !this.opened.has(name)) await this.open(name, true).catch(() => undefined);
    }
  }

  private async open(name: G, packed: boolean): Promise<Session> {
    const { threads } = this;
    const apart = this.stateOf(name)?.apart;
    const session = await openSession(this.ort, this.graphs[name], this.weights, { threads, packed, apart });
    this.opened.set(name, { session, packed, runs: 1 });
    return session;
  }

  private enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.queue.then(task);
    this.queue = result.catch(() => undefined);
    return result;
  }

  private async execute<O extends string>(
    name: G,
    { values, state }: Taken,
    whole: Whole,
    own: OrtValue[],
  ): Promise<Outputs<O>> {
    const { graph, outputs } = whole;
    const session = await this.session(name);
    const { memory } = this.lifetime;
    const room = roomForLarge(whole, memory);
    const { results, copies } = await session.run(values, outputs, room).catch((error: unknown) => {
      memory.free(Object.values(room));
      throw error;
    });
    own.push(...copies);
    const tensors: Record<string, DeviceTensor> = {};
    const carried = this.stateOf(name)?.inputs;
    for (const [output, value] of results) {
      const past = state.get(carried?.get(output) ?? "");
      const type = graph.types[graph.outputs[output] ?? ""];
      const now = past === undefined ? undefined : appended(this.ort, past, value);
      // What was copied from is nobody's any more.
      if (now !== undefined && value !== now.value) own.push(value);
      if (now !== undefined && past !== undefined && past.value !== now.value) own.push(past.value);
      tensors[output] = new OrtTensor(type?.dtype ?? "float32", now?.value ?? value, this.lifetime, now?.used);
    }
    // It has exactly the wanted names.
    return tensors as Outputs<O>;
  }

  private async executeInPieces<O extends string>(name: G, { runs, results }: Pieces): Promise<Outputs<O>> {
    const session = await this.session(name);
    for (const { values, into } of runs) {
      this.lifetime.memory.free((await session.run(values, Object.keys(into), into)).copies);
    }
    const tensors = [...results].map(([output, { dtype, value }]) => [
      output,
      new OrtTensor(dtype, value, this.lifetime),
    ]);
    return Object.fromEntries(tensors) as Outputs<O>; // it has exactly the wanted names
  }

  /** How a graph's state is written in place, where it can be. */
  private stateOf(name: G): StateInPlace | undefined {
    if (!this.inPlace.has(name)) this.inPlace.set(name, stateInPlace(this.graphs[name]));
    return this.inPlace.get(name);
  }

  /**
   * The values of the feeds as they are now, which stay until the end of `reading`. Carried tensors are consumed, whatever
   * becomes of the run. `own` are values that were made for it alone.
   */
  private take(name: G, feeds: Feeds): Taken & { readonly own: OrtValue[]; readonly reading: Reading } {
    const { carries } = this.graphs[name];
    const inPlace = this.stateOf(name);
    const values: Record<string, OrtValue> = {};
    const state = new Map<string, Slots>();
    const own: OrtValue[] = [];
    try {
      for (const [input, feed] of Object.entries(feeds)) {
        const isState = inPlace !== undefined && Object.hasOwn(carries, input);
        const slots = isState && feed instanceof OrtTensor && feed.lifetime === this.lifetime ? feed.slots : undefined;
        const value = slots?.value ?? this.valueOf(input, feed);
        values[input] = value;
        if (isState) state.set(input, slots ?? { value, used: value.dims[2] ?? 0 });
        else if (!(feed instanceof OrtTensor && feed.slots.value === value)) own.push(value);
      }
      return { values, state, own, reading: this.lifetime.memory.begin(Object.values(values)) };
    } finally {
      for (const [input, feed] of Object.entries(feeds)) {
        if (!Object.hasOwn(carries, input) || !(feed instanceof OrtTensor)) continue;
        // State goes on as what the run returns.
        if (state.has(input)) feed.passOn();
        else feed.dispose();
      }
    }
  }

  private valueOf(input: string, feed: DeviceTensor | HostTensor): OrtValue {
    const subject = `feed "${input}"`;
    if (feed instanceof OrtTensor && feed.lifetime === this.lifetime) {
      return feed.isWhole ? feed.slots.value : toOrt(this.ort, feed.contents(), subject);
    }
    if ("data" in feed) return toOrt(this.ort, feed, subject);
    throw new GlimpseError(
      { subject, problem: "it belongs to another backend", advice: "Read it there and feed the host value." },
      { code: "invalid-argument" },
    );
  }
}

function isRounded(graph: Graph): boolean {
  return graph.nodes.some((node) => node.op === "quantizedLinear");
}

/** Whether a graph runs on many rows at once: one that carries state runs step by step, on few. */
export function hasManyRows(graph: Graph): boolean {
  return Object.keys(graph.carries).length === 0;
}

function unknown(kind: string, names: readonly string[], known: object): GlimpseError {
  const expected = Object.keys(known).join(", ");
  const problems = names.map((name) => ({ subject: `${kind} "${name}"`, problem: "there is no such name", expected }));
  return new GlimpseError(problems, { code: "invalid-argument" });
}
