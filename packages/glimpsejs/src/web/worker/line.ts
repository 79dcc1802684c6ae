// Calls to a worker and their answers, on the page: numbers, aborts, progress, and the end of the worker.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import { fromData, type Reply, type Request } from "./protocol.ts";
import { PageSources } from "./sources.ts";

/** What goes with a call and stays here. */
export interface Asked {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: never) => void) | undefined;
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
export class Line {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private dead: GlimpseError | undefined;
  /** Told of progress of streams. */
  private readonly listeners = new Map<number, (progress: never) => void>();
  /** What the worker iterates. */
  readonly sources = new PageSources((item, transfer) => {
    if (this.dead === undefined) this.worker.postMessage(item, transfer);
  });

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

  /** Has the progress of a stream told to `listener` from now on, or to nobody. */
  listen(stream: number, listener: Asked["onProgress"]): void {
    if (listener === undefined) this.listeners.delete(stream);
    else this.listeners.set(stream, listener);
  }

  private take(reply: Reply): void {
    if (reply.type === "pull" || reply.type === "stop") return void this.sources.answer(reply);
    if (reply.type === "progress") {
      const listener = this.waiting.get(reply.id)?.onProgress ?? this.listeners.get(reply.id);
      // It is what the call that it is about says.
      listener?.(reply.progress as never);
      return;
    }
    const waiting = this.waiting.get(reply.id);
    if (waiting === undefined) return;
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
