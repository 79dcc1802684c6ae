// A live source, read as fast as it gives: of the frames that come while nobody looks, only the newest is kept. A camera
// never waits for the model, and the model never works off a backlog.
import { throwIfAborted } from "@glimpsejs/base";

/** A frame of a live source. */
export interface LiveFrame {
  readonly frame: unknown;
  /** Its number in the source, from 0. */
  readonly index: number;
  /** Frames that came since the last one that was taken, and were passed over. */
  readonly skipped: number;
}

/** Reads a source from its making on until {@link stop}. Owns the frames: those passed over are closed. */
export class Newest {
  private readonly iterator: AsyncIterator<unknown>;
  private held: { readonly frame: unknown; readonly index: number } | undefined;
  private count = 0;
  private lastTaken = -1;
  private isOver = false;
  private isStopped = false;
  private failure: { readonly reason: unknown } | undefined;
  private wake: (() => void) | undefined;

  constructor(source: AsyncIterable<unknown>) {
    this.iterator = source[Symbol.asyncIterator]();
    void this.read();
  }

  /**
   * The newest frame that was not taken yet, as soon as there is one; undefined after the last. Throws what the source
   * throws, after its last frame was taken, and "aborted".
   */
  async next(signal?: AbortSignal): Promise<LiveFrame | undefined> {
    const onAbort = () => this.wake?.();
    signal?.addEventListener("abort", onAbort);
    try {
      for (;;) {
        throwIfAborted(signal, "live source");
        if (this.held !== undefined) return this.take(this.held);
        if (this.failure !== undefined) throw this.failure.reason;
        if (this.isOver) return undefined;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends the source without waiting for it: a camera that gives no more frames would never answer. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.replaceHeld(undefined);
    if (this.isOver) return;
    Promise.resolve(this.iterator.return?.()).catch(() => undefined);
  }

  private take({ frame, index }: { readonly frame: unknown; readonly index: number }): LiveFrame {
    const skipped = index - this.lastTaken - 1;
    this.held = undefined;
    this.lastTaken = index;
    return { frame, index, skipped };
  }

  private async read(): Promise<void> {
    try {
      while (!this.isStopped) {
        const { done, value } = await this.iterator.next();
        if (done) break;
        this.replaceHeld({ frame: value, index: this.count++ });
        if (this.isStopped) this.replaceHeld(undefined);
        this.wake?.();
      }
    } catch (reason) {
      this.failure = { reason };
    }
    this.isOver = true;
    this.wake?.();
  }

  private replaceHeld(next: Newest["held"]): void {
    if (this.held !== undefined) closeFrame(this.held.frame);
    this.held = next;
  }
}

/** Closes what holds memory until it is closed: VideoFrame, ImageBitmap. */
export function closeFrame(frame: unknown): void {
  if (typeof frame === "object" && frame !== null && "close" in frame && typeof frame.close === "function")
    frame.close();
}
