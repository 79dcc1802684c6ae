// The page's end of the worker: calls by name, with events on the way and an AbortSignal.
import type { CallName, Calls, ErrorData, ToPage, ToWorker } from "./protocol.ts";

/** An error as the library worded it in the worker. */
export class WorkerError extends Error {
  override readonly name = "WorkerError";
  readonly code: string;

  constructor({ message, code }: ErrorData) {
    super(message);
    this.code = code;
  }
}

/** Options of a call. */
export interface CallOptions<K extends CallName> {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: (event: Calls[K]["event"]) => void;
  /** What of the request is given away. */
  readonly transfer?: readonly Transferable[];
}

interface Waiting {
  onEvent(event: unknown): void;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One worker with at most one model in it. close() frees everything at once, whatever is under way. */
export class ModelClient {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private closed = false;

  constructor() {
    this.worker = new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module", name: "glimpse" });
    this.worker.addEventListener("message", ({ data }: MessageEvent<ToPage>) => this.receive(data));
    this.worker.addEventListener("error", (event) => {
      this.fail(new WorkerError({ message: event.message || "The worker could not be started.", code: "internal" }));
    });
  }

  /** Rejects with a WorkerError: the worker's own, or code "aborted" after `signal` or close(). */
  call<K extends CallName>(
    name: K,
    request: Calls[K]["request"],
    { signal, onEvent, transfer = [] }: CallOptions<K> = {},
  ): Promise<Calls[K]["result"]> {
    if (this.closed || signal?.aborted) return Promise.reject(aborted());
    const id = this.nextId++;
    const abort = () => this.send({ type: "abort", id });
    signal?.addEventListener("abort", abort);
    const answer = new Promise<Calls[K]["result"]>((resolve, reject) => {
      this.waiting.set(id, {
        // The worker answers a call with what its name promises: one table types both ends.
        onEvent: (event) => onEvent?.(event as Calls[K]["event"]),
        resolve: (result) => resolve(result as Calls[K]["result"]),
        reject,
      });
      this.send({ type: "call", id, name, request }, transfer);
    });
    return answer.finally(() => signal?.removeEventListener("abort", abort));
  }

  /** Ends the worker, and rejects what it has not answered. */
  close(): void {
    this.closed = true;
    this.worker.terminate();
    this.fail(aborted());
  }

  private send(message: ToWorker, transfer: readonly Transferable[] = []): void {
    if (!this.closed) this.worker.postMessage(message, [...transfer]);
  }

  private receive(message: ToPage): void {
    const call = this.waiting.get(message.id);
    if (call === undefined) return;
    if (message.type !== "event") this.waiting.delete(message.id);
    if (message.type === "event") call.onEvent(message.event);
    else if (message.type === "result") call.resolve(message.result);
    else call.reject(new WorkerError(message.error));
  }

  private fail(error: Error): void {
    for (const call of this.waiting.values()) call.reject(error);
    this.waiting.clear();
  }
}

/** Whether an error only says that somebody changed their mind. */
export function isAbort(error: unknown): boolean {
  return error instanceof WorkerError && error.code === "aborted";
}

/** An error as a person reads it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function aborted(): WorkerError {
  return new WorkerError({ message: "It was cancelled.", code: "aborted" });
}
