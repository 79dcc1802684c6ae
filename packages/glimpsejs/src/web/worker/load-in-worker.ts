// The page's side: a model in a worker, with the calls of a model on the page. Pictures that only a page has (elements)
// are read here; everything else is computed over there, so that the page never waits.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import type { Git, LoadProgress, ModelOptions, Notice, StreamOptions, Subject, TextResult } from "@glimpsejs/core";
import { type ImageSource, loadImage } from "@glimpsejs/processor/web";
import type { WebSource } from "../checkpoint.ts";
import { type CallName, fromData, type Reply, type Request } from "./protocol.ts";

/** Options of {@link loadInWorker}. A backend is no option: it lives in the worker (see `worker`). */
export interface WorkerOptions extends Omit<ModelOptions, "backend"> {
  /** A worker that calls serveGlimpse(), for example with another backend. Default: one with the platform's defaults. */
  readonly worker?: Worker | undefined;
}

/** A trunk in the worker. Dispose it when it is no longer needed, or declare it with `using`. */
export interface WorkerTrunk extends Disposable {
  readonly batch: number;
  readonly imageTokens: number;
  readonly visionRuns: number;
  dispose(): void;
}

/** A model in a worker: the calls of {@link Git}, with the same arguments, results and errors. */
export interface WorkerGit extends Pick<Git, CallName> {
  readonly config: GitConfig;
  readonly notices: readonly Notice[];
  encode(subject: Subject, options?: Parameters<Git["encode"]>[1]): Promise<WorkerTrunk>;
  stream(subject: Subject, options?: StreamOptions): AsyncGenerator<string, TextResult, undefined>;
  /** Frees the model and ends the worker once calls under way have ended. Safe to call twice. */
  dispose(): Promise<void>;
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
    const { config, notices } = (await line.ask(request, { signal, onProgress })) as Pick<
      WorkerGit,
      "config" | "notices"
    >;
    return remoteGit(line, config, notices);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

function remoteGit(line: Line, config: GitConfig, notices: readonly Notice[]): WorkerGit {
  const trunks = new WeakMap<object, number>();
  let disposing: Promise<void> | undefined;
  /** The arguments of a call as they cross over; options are the last. */
  const ready = async (subject: unknown, ...rest: unknown[]) => {
    const options = (rest.pop() ?? {}) as { readonly signal?: AbortSignal };
    const { signal, ...plain } = options;
    return { signal, args: [await portable(subject, trunks, signal), ...rest, plain] };
  };
  const call =
    (name: CallName, inputs: number) =>
    async (...args: unknown[]): Promise<unknown> => {
      // Options may be left out.
      const all = [...args.slice(0, inputs), args[inputs]];
      const { signal, args: plain } = await ready(all[0], ...all.slice(1));
      return line.ask({ type: "call", name, args: plain }, { signal });
    };
  const remote = {
    config,
    notices,
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
    async *stream(subject: Subject, options: StreamOptions = {}): AsyncGenerator<string, TextResult, undefined> {
      const { signal, args } = await ready(subject, options);
      const stream = line.nextId();
      await line.ask({ type: "stream", args }, { id: stream });
      try {
        for (;;) {
          const step = await line.ask({ type: "next", stream }, { signal, aborts: stream });
          const { done, value } = step as IteratorResult<string, TextResult>;
          if (done) return value;
          yield value;
        }
      } finally {
        await line.ask({ type: "return", stream }, {}).catch(() => undefined);
      }
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

interface Asked {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly id?: number;
  /** The call that an abort is for, where that is another. */
  readonly aborts?: number;
}

type Unnumbered<R> = R extends { readonly id: number } ? Omit<R, "id"> : never;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly onProgress: Asked["onProgress"];
  readonly signal: AbortSignal | undefined;
}

/** Calls to a worker and their answers. */
class Line {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private dead: GlimpseError | undefined;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.addEventListener("message", ({ data }) => this.take(data));
    worker.addEventListener("error", (event) => this.die(event.message || "it could not be loaded"));
    worker.addEventListener("messageerror", () => this.die("it sent what cannot be read"));
  }

  nextId(): number {
    return ++this.last;
  }

  /** Sends a call; its result. */
  ask(request: Unnumbered<Request>, { signal, onProgress, id = this.nextId(), aborts = id }: Asked): Promise<unknown> {
    // What is under way already is aborted over there, where the text so far is known.
    if (aborts === id) throwIfAborted(signal, "call");
    if (this.dead !== undefined) throw this.dead;
    const abort = () => this.tell({ type: "abort", call: aborts, reason: String(signal?.reason) });
    if (signal?.aborted) abort();
    const answered = new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onProgress, signal });
      try {
        this.worker.postMessage({ ...request, id });
        signal?.addEventListener("abort", abort, { once: true });
      } catch (cause) {
        this.waiting.delete(id);
        reject(uncloneable(cause));
      }
    });
    return answered.finally(() => signal?.removeEventListener("abort", abort));
  }

  tell(request: Extract<Request, { readonly type: "abort" | "free" }>): void {
    this.worker.postMessage(request);
  }

  async end(): Promise<void> {
    if (this.dead === undefined) await this.ask({ type: "dispose" }, {});
    this.worker.terminate();
    this.die("it was disposed", "disposed");
  }

  private take(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if (waiting === undefined) return;
    if (reply.type === "progress") {
      waiting.onProgress?.(reply.progress);
      return;
    }
    this.waiting.delete(reply.id);
    if (reply.type === "done") waiting.resolve(reply.value);
    else waiting.reject(fromData(reply.error, waiting.signal?.aborted ? waiting.signal.reason : undefined));
  }

  private die(got: string, code: "backend" | "disposed" = "backend"): void {
    const problem = code === "disposed" ? "it was disposed" : "the worker ended";
    const advice =
      code === "disposed"
        ? "Load the model again."
        : "Load the model again; if it ends again, its memory is too small.";
    this.dead ??= new GlimpseError(
      { subject: "model in a worker", problem, got: code === "disposed" ? undefined : got, advice },
      { code },
    );
    for (const { reject } of this.waiting.values()) reject(this.dead);
    this.waiting.clear();
  }
}

/** A subject as it crosses over: trunks as references, elements as pixels, relative addresses in full. */
async function portable(
  subject: unknown,
  trunks: WeakMap<object, number>,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (Array.isArray(subject)) return Promise.all(subject.map((each) => portable(each, trunks, signal)));
  if (typeof subject === "string" || subject instanceof URL) return absoluteUrl(String(subject));
  if (typeof subject !== "object" || subject === null) return subject;
  const trunk = trunks.get(subject);
  if (trunk !== undefined) return { glimpseTrunk: trunk };
  if ("frames" in subject && Array.isArray(subject.frames)) {
    return { ...subject, frames: await portable(subject.frames, trunks, signal) };
  }
  const kind = Object.prototype.toString.call(subject);
  const isOfPage = /^\[object (?:HTML\w+Element|OffscreenCanvas)\]$/.test(kind);
  return isOfPage ? loadImage(subject as ImageSource, { signal }) : subject;
}

/** Files of a checkpoint by addresses that hold in the worker too. */
function absolute(source: WebSource | undefined): unknown {
  if (source instanceof URL) return source.href;
  if (typeof source === "string") return /^\.{0,2}\//.test(source) ? absoluteUrl(source) : source;
  if (typeof source !== "object" || source === null) return source;
  if (Symbol.iterator in source) return [...source];
  const values = Object.values(source);
  if (values.length === 0 || !values.every((url) => typeof url === "string" || url instanceof URL)) return source;
  return Object.fromEntries(Object.entries(source).map(([name, url]) => [name, absoluteUrl(String(url))]));
}

function absoluteUrl(url: string): string {
  return new URL(url, globalThis.document?.baseURI ?? globalThis.location.href).href;
}

function uncloneable(cause: unknown): GlimpseError {
  const got = cause instanceof Error ? cause.message : String(cause);
  return new GlimpseError(
    {
      subject: "model in a worker",
      problem: "an argument cannot be sent to the worker",
      got,
      advice: "Options that are functions work with load() only.",
    },
    { code: "invalid-argument", cause },
  );
}
