// A program: one ONNX Runtime session per graph, made when the graph is first run, in the lane that keeps call order.
import type { DeviceTensor, Feeds, Outputs, Program } from "@glimpsejs/backend";
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import {
  type Bindings,
  bindFeeds,
  evaluateDim,
  float32,
  type Graph,
  type HostTensor,
  int32,
  specialize,
  type WeightSource,
} from "@glimpsejs/graph";
import { type Lifetime, OrtTensor, toOrt } from "./device-tensor.ts";
import type { OrtRuntime, OrtValue } from "./ort-runtime.ts";
import { openSession, type Session } from "./session.ts";

/** What a program is made of. */
export interface ProgramParts<G extends string> {
  readonly ort: OrtRuntime;
  readonly graphs: Readonly<Record<G, Graph>>;
  readonly weights: WeightSource;
  /** Where the WebGPU provider computes; without it WebAssembly does. */
  readonly device: GPUDevice | undefined;
  readonly lifetime: Lifetime;
}

interface Taken {
  readonly values: Readonly<Record<string, OrtValue>>;
  /** Carried values that this run frees. */
  readonly consumed: readonly OrtValue[];
}

/** A session, and the graph that is in it. */
interface Opened {
  readonly session: Session | undefined;
  readonly graph: Graph;
}

/**
 * See {@link Program}. On WebGPU a graph has one session for every set of dimensions that are 0 (see specialize()): of
 * GIT's decoder one for prefill and one for decoding, each with weights of its own.
 */
export class OrtProgram<G extends string> implements Program<G> {
  readonly graphs: Readonly<Record<G, Graph>>;
  private readonly parts: ProgramParts<G>;
  private readonly onDispose: () => void;
  private readonly sessions = new Map<string, Opened>();
  private disposed = false;

  constructor(parts: ProgramParts<G>, onDispose: () => void) {
    this.graphs = parts.graphs;
    this.parts = parts;
    this.onDispose = onDispose;
  }

  async run<O extends string>(name: G, feeds: Feeds, outputs?: readonly O[]): Promise<Outputs<O>> {
    if (this.disposed) throw new DisposedError("program");
    if (!Object.hasOwn(this.graphs, name)) throw unknown("graph", [name], this.graphs);
    const graph = this.graphs[name];
    const taken = this.take(graph, feeds);
    const { lane } = this.parts.lifetime;
    try {
      const bindings = bindFeeds(graph, feeds);
      // Without a choice the results are all outputs, whose names are O by the contract.
      const wanted = outputs ?? (Object.keys(graph.outputs) as O[]);
      const missing = wanted.filter((output) => !Object.hasOwn(graph.outputs, output));
      if (missing.length > 0) throw unknown("output", missing, graph.outputs);
      return await lane.run(() => this.execute(name, taken.values, wanted, bindings));
    } finally {
      void lane.run(async () => {
        for (const value of taken.consumed) value.dispose();
      });
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    this.onDispose();
    await this.parts.lifetime.lane.run(async () => {
      // The runtime ends the GPU's memory with its last session; results outlive their program.
      for (const tensor of this.parts.lifetime.onGpu) await tensor.moveToHost();
      for (const { session } of this.sessions.values()) await session?.close();
      this.sessions.clear();
    });
  }

  private async open(name: G, bindings: Bindings): Promise<Opened> {
    const { ort, weights, device } = this.parts;
    const zero = Object.keys(bindings).filter((dim) => device !== undefined && bindings[dim] === 0);
    const key = [name, ...zero.sort()].join(" ");
    const known = this.sessions.get(key);
    if (known !== undefined) return known;
    const whole = this.graphs[name];
    // Most kernels of ONNX Runtime 1.30's WebGPU provider fail on what is empty: dispatches and buffers may not be.
    const graph = device === undefined ? whole : specialize(whole, Object.fromEntries(zero.map((dim) => [dim, 0])));
    // Where nothing is left to compute there is nothing to load.
    const idle = Object.keys(graph.outputs).length === 0;
    const opened = { graph, session: idle ? undefined : await openSession(ort, graph, weights, device) };
    this.sessions.set(key, opened);
    return opened;
  }

  private async execute<O extends string>(
    name: G,
    values: Readonly<Record<string, OrtValue>>,
    wanted: readonly O[],
    bindings: Bindings,
  ): Promise<Outputs<O>> {
    const { ort, lifetime } = this.parts;
    const { outputs, types } = this.graphs[name];
    const { session, graph } = await this.open(name, bindings);
    const results: Record<string, DeviceTensor> = {};
    const full = wanted.filter((output) => Object.hasOwn(graph.outputs, output));
    const fed = Object.fromEntries(Object.entries(values).filter(([input]) => Object.hasOwn(graph.inputs, input)));
    const computed = full.length === 0 ? undefined : await session?.run(fed, full);
    for (const output of wanted) {
      const { dtype = "float32", shape = [] } = types[outputs[output] ?? ""] ?? {};
      const sizes = shape.map((dim) => evaluateDim(dim, bindings));
      const empty = () => toOrt(ort, dtype === "int32" ? int32([], sizes) : float32([], sizes), output);
      results[output] = new OrtTensor(dtype, computed?.get(output) ?? empty(), lifetime);
    }
    // It has exactly the wanted names.
    return results as Outputs<O>;
  }

  /** The values of the feeds as they are now. Carried tensors are consumed, whatever becomes of the run. */
  private take(graph: Graph, feeds: Feeds): Taken {
    const consumed: OrtValue[] = [];
    try {
      const values = Object.fromEntries(
        Object.entries(feeds).map(([input, feed]) => [input, this.valueOf(input, feed)]),
      );
      return { values, consumed };
    } finally {
      for (const [input, feed] of Object.entries(feeds)) {
        if (!Object.hasOwn(graph.carries, input) || !(feed instanceof OrtTensor)) continue;
        if (feed.isAlive && feed.lifetime === this.parts.lifetime) {
          const value = feed.consume();
          if (value.location === "gpu-buffer") consumed.push(value);
        }
      }
    }
  }

  private valueOf(input: string, feed: DeviceTensor | HostTensor): OrtValue {
    const { ort, lifetime } = this.parts;
    const subject = `feed "${input}"`;
    if (feed instanceof OrtTensor && feed.lifetime === lifetime) return feed.value;
    if ("data" in feed) return toOrt(ort, feed, subject);
    throw new GlimpseError(
      { subject, problem: "it belongs to another backend", advice: "Read it there and feed the host value." },
      { code: "invalid-argument" },
    );
  }
}

function unknown(kind: string, names: readonly string[], known: object): GlimpseError {
  const expected = Object.keys(known).join(", ");
  const problems = names.map((name) => ({ subject: `${kind} "${name}"`, problem: "there is no such name", expected }));
  return new GlimpseError(problems, { code: "invalid-argument" });
}
