// Waiting with an end: for a decoder, a file or a network that may never answer, and for a caller who gives up.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";

/** How long to wait, and for whom. */
export interface Patience {
  /** Milliseconds without an answer after which a wait fails. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** What is waited for, in errors. */
  readonly name: string;
}

/**
 * What `work` resolves to. Throws "timeout" when it has not settled in time and "aborted" as soon as the signal aborts;
 * what `work` then comes to is ignored.
 */
export async function answer<T>(work: Promise<T>, who: string, { timeout, signal, name }: Patience): Promise<T> {
  throwIfAborted(signal, name);
  let stop: (() => void) | undefined;
  const giveUp = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(noAnswer(who, timeout, name)), timeout);
    const onAbort = () => {
      try {
        throwIfAborted(signal, name);
      } catch (error) {
        reject(error);
      }
    };
    signal?.addEventListener("abort", onAbort);
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
  });
  try {
    return await Promise.race([work, giveUp]);
  } finally {
    stop?.();
    work.catch(() => undefined);
  }
}

/** The error of a wait that took too long. */
export function noAnswer(who: string, timeout: number, name: string): GlimpseError {
  return new GlimpseError(
    {
      subject: name,
      problem: `${who} did not answer`,
      expected: `an answer within ${timeout / 1000} s`,
      advice: "Try again, or raise the option timeout.",
    },
    { code: "timeout" },
  );
}

/** A time in microseconds, for errors. */
export function seconds(microseconds: number): string {
  return `${(microseconds / 1e6).toFixed(3)} s`;
}
