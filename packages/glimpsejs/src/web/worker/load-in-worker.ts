// The page's side: a model in a worker, with the calls of a model on the page. Pictures that only a page has (elements)
// are read here; everything else is computed over there, so that the page never waits.
import { throwIfAborted } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import type { BackendInUse, CaptionAllOptions, Git, ModelOptions, Notice, Subject } from "@glimpsejs/core";
import type { WebSource } from "../checkpoint.ts";
import { type Asked, Line } from "./line.ts";
import { absolute, offered, type Parts, portable } from "./portable.ts";
import { type CallName, type ErrorReference, fromData, type StreamName } from "./protocol.ts";

/** Options of {@link loadInWorker}. A backend is no option: it lives in the worker (see `worker`). */
export interface WorkerOptions extends Omit<ModelOptions, "backend"> {
  /** A worker that calls serveGlimpse(), for example with another backend. Default: one with the platform's defaults. */
  readonly worker?: Worker | undefined;
}

/** A trunk in the worker. Dispose it when it is no longer needed, or declare it with `using`. */
export interface WorkerTrunk extends Disposable {
  /** Number of pictures or clips in it. */
  readonly batch: number;
  /** Tokens that stand for each of them. */
  readonly imageTokens: number;
  /** How often the image encoder ran for it. */
  readonly visionRuns: number;
  /** Frees it in the worker. Safe to call twice. */
  dispose(): void;
}

/**
 * A model in a worker: the calls of {@link Git}, with the same arguments, results and errors. Sources that are iterated
 * (live ones, and those of captionAll()) stay on the page, which is asked for one item at a time; what is wrong with the
 * arguments of captionAll() is told with its first result.
 */
export interface WorkerGit extends Pick<Git, CallName | StreamName> {
  /** The configuration of the checkpoint. */
  readonly config: GitConfig;
  /** Files the checkpoint lacked and what was assumed instead. */
  readonly notices: readonly Notice[];
  /** What the worker computes on, and why nothing before it. */
  readonly backend: BackendInUse;
  /** Encodes a picture or clip once, for many calls. The result stays in the worker. */
  encode(subject: Subject, options?: Parameters<Git["encode"]>[1]): Promise<WorkerTrunk>;
  /** Frees the model and ends the worker once calls under way have ended. Safe to call twice. */
  dispose(): Promise<void>;
  /** As dispose(), for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * As load(), in a worker: nothing of a call but its result happens on the page. Options that are functions cannot cross over
 * and are refused. Throws what load() throws, and "backend" if the worker ends by itself.
 * @example const git = await loadInWorker("microsoft/git-base-coco", { onProgress });
 */
export async function loadInWorker(source?: WebSource, options: WorkerOptions = {}): Promise<WorkerGit> {
  const { worker: own, signal, onProgress, ...rest } = options;
  throwIfAborted(signal, "loadInWorker()");
  const worker = own ?? new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "glimpse" });
  const line = new Line(worker);
  try {
    const request = { type: "load", source: absolute(source), options: rest } as const;
    return remoteGit(line, (await line.ask(request, { signal, onProgress })) as Loaded);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** What the worker says about a model that it loaded. */
type Loaded = Pick<WorkerGit, "config" | "notices" | "backend">;

function remoteGit(line: Line, loaded: Loaded): WorkerGit {
  const trunks = new WeakMap<object, number>();
  const parts: Parts = { trunks, sources: line.sources };
  let disposing: Promise<void> | undefined;
  /** The arguments of a call as they cross over; options are the last. */
  const ready = async (subject: unknown, ...rest: unknown[]): Promise<Ready> => {
    const options = (rest.pop() ?? {}) as { readonly signal?: AbortSignal };
    const { signal, ...plain } = options;
    return { signal, args: [await portable(subject, parts, signal), ...rest, plain] };
  };
  /** Opens a stream over there and gives on what it gives. */
  async function* results(name: StreamName, { signal, args }: Ready, onProgress?: Asked["onProgress"]) {
    const stream = line.nextId();
    await line.ask({ type: "stream", name, args }, { id: stream });
    line.listen(stream, onProgress);
    try {
      for (;;) {
        const step = await line.ask({ type: "next", stream }, { signal, aborts: stream });
        const { done, value } = step as IteratorResult<unknown>;
        if (done) return value;
        yield withError(value);
      }
    } finally {
      line.listen(stream, undefined);
      await line.ask({ type: "return", stream }, {}).catch(() => undefined);
    }
  }
  const call =
    (name: CallName, inputs: number) =>
    async (...args: unknown[]): Promise<unknown> => {
      // Options may be left out.
      const all = [...args.slice(0, inputs), args[inputs]];
      const { signal, args: plain } = await ready(all[0], ...all.slice(1));
      return line.ask({ type: "call", name, args: plain }, { signal });
    };
  const remote = {
    ...loaded,
    caption: call("caption", 1),
    answer: call("answer", 2),
    score: call("score", 2),
    rank: call("rank", 2),
    classify: call("classify", 2),
    explain: call("explain", 1),
    async encode(subject: Subject, options: object = {}) {
      const { signal, args } = await ready(subject, options);
      const id = line.nextId();
      const facts = (await line.ask({ type: "encode", args }, { signal, id })) as Omit<WorkerTrunk, "dispose">;
      const dispose = () => line.tell({ type: "free", trunk: id });
      const trunk: WorkerTrunk = { ...facts, dispose, [Symbol.dispose]: dispose };
      trunks.set(trunk, id);
      return trunk;
    },
    async *stream(subject: Subject, options: object = {}) {
      return yield* results("stream", await ready(subject, options));
    },
    async *captionAll(subjects: unknown, options: CaptionAllOptions = {}) {
      const { onProgress, ...others } = options;
      const { signal, args } = await ready(undefined, others);
      const source = isIterable(subjects) ? offered(subjects, parts, signal) : subjects;
      yield* results("captionAll", { signal, args: [source, ...args.slice(1)] }, onProgress);
    },
    dispose(): Promise<void> {
      disposing ??= line.end();
      return disposing;
    },
    [Symbol.asyncDispose](): Promise<void> {
      return remote.dispose();
    },
  };
  // The calls have one implementation; their types are those of the calls they stand for.
  return remote as unknown as WorkerGit;
}

/** Arguments as they cross over, and the signal that does not. */
interface Ready {
  readonly signal: AbortSignal | undefined;
  readonly args: readonly unknown[];
}

/** A result as the call gives it here: an error in it is an error again. */
function withError(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("error" in value)) return value;
  return { ...value, error: fromData((value.error as ErrorReference).glimpseError) };
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
