// What can go wrong with a device, as errors of Glimpse. Nothing that a device did wrong may look like a result.
import { GlimpseError } from "@glimpsejs/base";
import type { GpuDevice } from "./gpu.ts";

/** The error of everything that was on a device that is gone. */
export function deviceLost(message: string, advice: string): GlimpseError {
  const problem = `it was lost${message === "" ? "" : ` (${message.trim().replace(/\.$/, "")})`}`;
  return new GlimpseError({ subject: "GPU device", problem, advice }, { code: "device-lost" });
}

/** The error of what a device refuses to do; `phase` says what was being done. */
export function refused(phase: string, cause: unknown, isMemory = cause instanceof RangeError): GlimpseError {
  const { message } = cause instanceof Object && "message" in cause ? cause : { message: cause };
  return new GlimpseError(
    {
      subject: `WebGPU, ${phase}`,
      problem: isMemory ? "the device has no memory left" : `the device refused (${String(message).trim()})`,
    },
    { code: isMemory ? "out-of-memory" : "backend", cause },
  );
}

/** Runs `task` and resolves with the first error that the device reports of it; `phase` says what was being done. */
export function watched<T>(
  device: GpuDevice,
  phase: string,
  task: () => T,
): { readonly result: T; readonly failure: Promise<GlimpseError | undefined> } {
  const filters = ["validation", "out-of-memory", "internal"] as const;
  for (const filter of filters) device.pushErrorScope(filter);
  let popped: Promise<readonly ({ readonly message: string } | null)[]>;
  let result: T;
  try {
    result = task();
  } finally {
    // A lost device rejects; the loss is reported by itself.
    popped = Promise.all(filters.map(() => device.popErrorScope().catch(() => null)));
  }
  const failure = popped.then((errors) => {
    const found = errors.flatMap((error, i) => (error === null ? [] : [{ error, filter: filters.at(-1 - i) }]));
    const [first] = found;
    if (first === undefined) return undefined;
    return refused(phase, first.error, first.filter === "out-of-memory");
  });
  return { result, failure };
}
