// First come, first served. One model runs one call at a time, so that parallel calls need the memory of one; the
// others wait here, and a failed call does not stop the ones behind it.
import { throwIfAborted } from "@glimpsejs/base";

/** A queue of asynchronous tasks. */
export class Queue {
  private tail: Promise<unknown> = Promise.resolve();

  /**
   * Runs `task` after all tasks enqueued before it have settled. When `signal` aborts while the task waits, it is
   * never run and the call rejects at once with "aborted".
   */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    let running = false;
    const result = this.tail.then(() => {
      throwIfAborted(signal, "call");
      running = true;
      return task();
    });
    this.tail = result.catch(() => undefined);
    if (signal === undefined) return result;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        try {
          if (!running) throwIfAborted(signal, "call");
        } catch (error) {
          reject(error);
        }
      };
      signal.addEventListener("abort", onAbort);
      onAbort();
      result.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }
}
