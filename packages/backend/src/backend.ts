// The contract between graphs and devices. Its only language is the Graph: no method per op, no registry, no
// priority. A backend is a value that somebody passes in; nothing happens until open() is called.
import type { Problem } from "@glimpsejs/base";
import type { Bindings, DType, Graph, HostTensor, WeightSource } from "@glimpsejs/graph";

/** A value on a backend's device. Opaque: read it, feed it back to its own backend, or dispose it. */
export interface DeviceTensor {
  /** Element type, which is also that of what read() gives. */
  readonly dtype: DType;
  /** Sizes, outermost first; a size may be 0. */
  readonly shape: readonly number[];
  /** Copies the value to the host, after every run() that writes it. The only wait in the contract. */
  read(): Promise<HostTensor>;
  /** Frees the device memory. Safe to call twice; any other use afterwards throws DisposedError. */
  dispose(): void;
}

/** Inputs of one run by graph input name. Host values are uploaded for that run only. */
export type Feeds = Readonly<Record<string, DeviceTensor | HostTensor>>;

/** Results of one run by graph output name; the caller disposes them. */
export type Outputs<Names extends string = string> = Readonly<Record<Names, DeviceTensor>>;

/** A run that is to come, by what it depends on before it has values. */
export interface ExpectedRun<G extends string = string> {
  /** Name of one of the program's graphs. */
  readonly graph: G;
  /** Sizes of all dimensions that the graph's inputs name. */
  readonly sizes: Bindings;
  /** Names of the outputs that will be asked for. */
  readonly outputs: readonly string[];
}

/** Options of {@link Program.prepare}. */
export interface PrepareOptions {
  /** Told after each that is made: how many there are by now, of how many. */
  readonly onProgress?: ((made: number, total: number) => void) | undefined;
  /** Stops it; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/** How a run may be computed. */
export interface RunOptions {
  /**
   * A dimension that is the first of every wanted output, and whose rows do not depend on each other: row i of each output is
   * computed from row i of the inputs that begin with it. A backend for which that is faster may compute some rows after others.
   */
  readonly independent?: string | undefined;
}

/** Several graphs, lowered and loaded with one set of weights. Holds no state between runs. */
export interface Program<G extends string = string> {
  /** The graphs as they were given to compile(), by name. */
  readonly graphs: Readonly<Record<G, Graph>>;
  /**
   * Executes one graph. Runs of one program happen in call order, even when they are not awaited. Resolves when the
   * outputs may be fed to another run, which can be before the device has computed them.
   *
   * Feeds named in `graph.carries` are consumed, even if the run rejects: the backend may write the output that
   * replaces them into the same memory. Other feeds stay the caller's. `outputs` limits the results to those names
   * (default: all); a backend need not compute the rest.
   *
   * Rejects with "invalid-argument" (wrong feeds, all of them listed; nothing has run), DisposedError, or "backend".
   */
  run<O extends string>(graph: G, feeds: Feeds, outputs?: readonly O[], options?: RunOptions): Promise<Outputs<O>>;
  /**
   * Makes now what runs of these sizes would make when they are called first, such as kernels for the GPU. `onProgress` is told
   * how many of how many are made. Absent where there is nothing to make. Rejects as compile() does.
   */
  prepare?(runs: readonly ExpectedRun<G>[], options: PrepareOptions): Promise<void>;
  /** Frees the weights and everything compiled. Waits for runs under way. Safe to call twice. */
  dispose(): Promise<void>;
}

/** An open device. Programs and tensors of one backend never mix with another's. */
export interface Backend {
  /** Such as "ort-node": as errors and `git.backend` call it. */
  readonly name: string;
  /**
   * Dtypes in which weights can be handed over as they are stored: floats for the float32 weights of graphs, others
   * being converted to float32 by the caller, and int8 and uint8 for the weights of the op quantizedLinear.
   */
  readonly dtypes: ReadonlySet<DType>;
  /**
   * Whether a run of few rows takes as long as reading the weights does, so that some more rows cost little and rounded weights
   * are read in less time. Then a rounded decoder guesses for one in floats. Default false.
   */
  readonly boundByWeights?: boolean | undefined;
  /**
   * Steps of greedy search that should be submitted before the tokens of the first are read, because the way to the device and
   * back takes long beside a step: the default of generate()'s `runAhead`. Every text may be followed by as many steps in vain.
   * Default 0.
   */
  readonly runAhead?: number | undefined;
  /**
   * Whether it computes independent rows (see {@link RunOptions}) a few at a time, so that pictures are better kept out of runs
   * that cannot be parted. Default false.
   */
  readonly computesInPieces?: boolean | undefined;
  /**
   * Whether the graphs of one program share what they have of the same weights, so that a second program of the same model
   * would have them once more. Then all graphs of a model are compiled together, also those that are seldom run. Default false.
   */
  readonly sharesWeights?: boolean | undefined;
  /**
   * Lowers the graphs and takes their weights from `weights` by checkpoint name. May load lazily, when a graph is
   * first run. Rejects with one "invalid-graph" or "unsupported" error that lists every node that is illegal or that it
   * cannot run, with "invalid-weights" that lists every weight that is missing or misshapen, or with "aborted".
   */
  compile<G extends string>(
    graphs: Readonly<Record<G, Graph>>,
    weights: WeightSource,
    signal?: AbortSignal,
  ): Promise<Program<G>>;
  /** Copies a host value to the device, to be fed to any number of runs. */
  upload(value: HostTensor): DeviceTensor;
  /** Disposes every program and tensor still alive. Safe to call twice. */
  dispose(): Promise<void>;
}

/** What `ortNode({ threads: 4 })` returns: the intention to use a backend. Creating one does nothing yet. */
export interface BackendPlugin {
  /** The name of the backend that it opens. */
  readonly name: string;
  /** Why this machine cannot open the backend, in words for the user; undefined when it can. */
  unavailable(): Promise<string | undefined>;
  /**
   * Opens the device; rejects with "backend-unavailable" or "missing-package". A plugin that stands for several, as that of
   * firstAvailable() does, tells `passedOver` what is wrong with each that it tried before.
   */
  open(passedOver?: (problem: Problem) => void): Promise<Backend>;
  /**
   * Rough peak of host memory in bytes for weights of `weightBytes` (as float32), so that an impossible load is
   * refused before it starts. Undefined when the backend keeps weights elsewhere.
   */
  estimateMemory?(weightBytes: number): number;
}
