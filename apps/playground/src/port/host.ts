// The worker's end: answers calls with handlers, one AbortController a call.
import { GlimpseError } from "@glimpsejs/base";
import type { CallName, Calls, ErrorData, ToPage, ToWorker } from "./protocol.ts";

/** What a handler is given beside its request. */
export interface CallContext<K extends CallName> {
  readonly signal: AbortSignal;
  emit(event: Calls[K]["event"]): void;
}

/** One function a call. */
export type Handlers = {
  readonly [K in CallName]: (request: Calls[K]["request"], context: CallContext<K>) => Promise<Calls[K]["result"]>;
};

/** The part of a worker's global scope that is used. */
export interface WorkerScope {
  postMessage(message: ToPage): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
}

/** Answers every call that arrives at `scope`. */
export function host(scope: WorkerScope, handlers: Handlers): void {
  const running = new Map<number, AbortController>();
  scope.addEventListener("message", ({ data }) => {
    if (data.type === "abort") running.get(data.id)?.abort();
    else void answer(data.name, data.id, data.request);
  });

  async function answer<K extends CallName>(name: K, id: number, request: unknown): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const emit = (event: unknown) => scope.postMessage({ type: "event", id, event });
      // The page's side of the same table sent it.
      const result = await handlers[name](request as Calls[K]["request"], { signal: controller.signal, emit });
      scope.postMessage({ type: "result", id, result });
    } catch (error) {
      scope.postMessage({ type: "error", id, error: errorData(error) });
    } finally {
      running.delete(id);
    }
  }
}

function errorData(error: unknown): ErrorData {
  if (GlimpseError.isInstance(error)) return { message: error.message, code: error.code };
  const message = error instanceof Error ? error.message : String(error);
  return { message, code: "internal" };
}
