// Graphs and their weights, ready to run. A run takes its feeds when it is called and computes when its turn comes.
import type { DeviceTensor, Feeds, Outputs, Program } from "@glimpsejs/backend";
import { DisposedError, GlimpseError, type Problem } from "@glimpsejs/base";
import { type Bindings, bindFeeds, type Graph, type HostTensor, type ValueName } from "@glimpsejs/graph";
import { Pace } from "./pace.ts";
import { plan, type Step } from "./plan.ts";
import { hostCopy, type Owner, ReferenceTensor } from "./reference-tensor.ts";
import { runNode } from "./run-node.ts";

type Values = Map<ValueName, HostTensor>;

/** A {@link Program} whose runs wait for one another. Weights are float32, by name; the program owns the map. */
export class ReferenceProgram<G extends string> implements Program<G> {
  readonly graphs: Readonly<Record<G, Graph>>;
  private readonly owner: Owner;
  private readonly weights: Values;
  private readonly pace = new Pace();
  private readonly plans = new Map<string, readonly Step[]>();
  /** Settles when all runs so far have ended, well or badly. */
  private idle: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(owner: Owner, graphs: Readonly<Record<G, Graph>>, weights: Values) {
    this.owner = owner;
    this.graphs = graphs;
    this.weights = weights;
  }

  async run<O extends string>(name: G, feeds: Feeds, outputs?: readonly O[]): Promise<Outputs<O>> {
    if (this.disposed) throw new DisposedError("program");
    if (!Object.hasOwn(this.graphs, name)) throw unknown("graph", name, Object.keys(this.graphs));
    const graph = this.graphs[name];
    const values = this.take(graph, feeds);
    const bindings = bindFeeds(graph, Object.fromEntries(values));
    const wanted = selection(graph, outputs);
    const steps = this.plan(name, wanted);
    const run = this.idle.then(() => this.compute(steps, values, bindings));
    this.idle = run.catch(() => {});
    await run;
    const results = Object.entries(wanted).map(([output, value]) => {
      const result = values.get(value) ?? this.weights.get(value);
      if (result === undefined) throw new TypeError(`run: the output "${output}" was not computed.`);
      return [output, new ReferenceTensor(this.owner, result)];
    });
    return Object.fromEntries(results);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.idle;
    this.weights.clear();
    this.plans.clear();
  }

  /** The values of the feeds as they are now. Carried tensors are consumed, whatever becomes of the run. */
  private take(graph: Graph, feeds: Feeds): Values {
    const values: Values = new Map();
    try {
      for (const [name, feed] of Object.entries(feeds)) values.set(name, this.valueOf(name, feed));
    } finally {
      for (const [name, feed] of Object.entries(feeds)) {
        if (Object.hasOwn(graph.carries, name) && feed instanceof ReferenceTensor) feed.dispose();
      }
    }
    return values;
  }

  private valueOf(name: string, feed: DeviceTensor | HostTensor): HostTensor {
    const subject = `feed "${name}"`;
    if (feed instanceof ReferenceTensor && feed.owner === this.owner) return feed.value;
    if ("data" in feed) return hostCopy(feed, subject);
    throw new GlimpseError(
      { subject, problem: "it belongs to another backend", advice: "Read it there and feed the host value." },
      { code: "invalid-argument" },
    );
  }

  private plan(name: G, outputs: Readonly<Record<string, ValueName>>): readonly Step[] {
    const key = JSON.stringify([name, Object.keys(outputs)]);
    const steps = this.plans.get(key) ?? plan(this.graphs[name], outputs);
    this.plans.set(key, steps);
    return steps;
  }

  private async compute(steps: readonly Step[], values: Values, bindings: Bindings): Promise<void> {
    for (const { node, dead } of steps) {
      await this.pace.breathe();
      const results = runNode(node, (value) => values.get(value) ?? this.weights.get(value), bindings);
      for (const [i, output] of node.outputs.entries()) {
        const result = results[i];
        if (result !== undefined) values.set(output, result);
      }
      for (const value of dead) values.delete(value);
    }
  }
}

function selection(graph: Graph, names: readonly string[] | undefined): Readonly<Record<string, ValueName>> {
  if (names === undefined) return graph.outputs;
  return Object.fromEntries(
    names.map((name) => {
      const value = Object.hasOwn(graph.outputs, name) ? graph.outputs[name] : undefined;
      if (value === undefined) throw unknown("output", name, Object.keys(graph.outputs));
      return [name, value];
    }),
  );
}

function unknown(kind: string, name: string, names: readonly string[]): GlimpseError {
  const problem: Problem = {
    subject: `${kind} "${name}"`,
    problem: "there is no such name",
    expected: names.join(", "),
  };
  return new GlimpseError(problem, { code: "invalid-argument" });
}
