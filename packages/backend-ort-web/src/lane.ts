// One thing at a time, in call order: the runtime of a page takes no second call while one is under way, not even of
// another session.
import type { OrtRuntime } from "./ort-runtime.ts";

/** Runs tasks one after the other; one that fails does not stop the next. */
export class Lane {
  /** Settles when everything called so far is done; never rejects. */
  private last: Promise<unknown> = Promise.resolve();

  /** Runs `task` when all before it are done. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task);
    this.last = result.catch(() => undefined);
    return result;
  }
}

const lanes = new WeakMap<OrtRuntime, Lane>();

/** The lane of a runtime, which all its backends share. */
export function laneOf(ort: OrtRuntime): Lane {
  const lane = lanes.get(ort) ?? new Lane();
  lanes.set(ort, lane);
  return lane;
}
