// What is seen of downloads and loading: on a terminal one line, redrawn at most ten times a second and cleared at the
// end; elsewhere a plain line when a file begins and one when it is done.
import type { LoadProgress } from "@glimpsejs/core";
import type { CliHost, TextOutput } from "./host.ts";
import { byteSize, duration, line, printable, widthOf } from "./text.ts";

const redrawMs = 100;

interface FileState {
  readonly start: number;
  /** Bytes that were there when it began, from an earlier attempt. */
  readonly from: number;
  done: boolean;
}

/** Shows the progress of one load. Call clear() when it is over, however it ends. */
export class ProgressDisplay {
  private readonly host: Pick<CliHost, "stderr" | "now">;
  private readonly output: TextOutput;
  private readonly files = new Map<string, FileState>();
  private drawnAt = Number.NEGATIVE_INFINITY;
  private drawn = 0;

  constructor(host: Pick<CliHost, "stderr" | "now">) {
    this.host = host;
    this.output = host.stderr;
  }

  /** Takes one report of a load. */
  update(progress: LoadProgress): void {
    const key = `${progress.phase} ${progress.file}`;
    const known = this.files.get(key);
    const file = known ?? { start: this.host.now(), from: progress.loaded, done: false };
    this.files.set(key, file);
    const isDone = progress.total !== undefined && progress.loaded >= progress.total;
    if (this.output.isTTY) this.draw(progress, file);
    else {
      if (known === undefined) line(this.output, beginning(progress));
      if (isDone && !file.done)
        line(this.output, `  done: ${amount(progress, progress.loaded)} in ${duration(this.host.now() - file.start)}`);
    }
    file.done = isDone;
  }

  /** Shows a word on a terminal until something else is known. */
  wait(text: string): void {
    if (this.output.isTTY) this.redraw(text);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.drawn > 0) this.output.write(`\r${" ".repeat(this.drawn)}\r`);
    this.drawn = 0;
  }

  private draw(progress: LoadProgress, file: FileState): void {
    const now = this.host.now();
    if (now - this.drawnAt < redrawMs) return;
    this.drawnAt = now;
    const seconds = (now - file.start) / 1000;
    const isBrief = seconds < 0.5 || progress.phase === "prepare";
    const rate = isBrief ? "" : `  ${byteSize(Math.round((progress.loaded - file.from) / seconds))}/s`;
    const name = printable(progress.file);
    const { loaded, total } = progress;
    if (total === undefined || total === 0) {
      this.redraw(`${name}  ${amount(progress, loaded)}${rate}`);
      return;
    }
    const fraction = Math.min(1, loaded / total);
    const parts = `${amount(progress, loaded)} of ${amount(progress, total)}`;
    const text = `${String(Math.floor(fraction * 100)).padStart(3)} %  ${parts}${rate}`;
    const room = Math.min(30, widthOf(this.output) - 1 - name.length - text.length - 4);
    this.redraw(`${name}  ${bar(fraction, room)}${text}`);
  }

  private redraw(text: string): void {
    // One column stays free, since some terminals break the line when the last one is written.
    const fitting = text.slice(0, Math.max(0, widthOf(this.output) - 1));
    this.output.write(`\r${fitting.padEnd(this.drawn)}`);
    this.drawn = fitting.length;
  }
}

/** A bar filled to `fraction`, `width` wide, and two spaces; nothing where there is no room for it. */
export function bar(fraction: number, width: number): string {
  const filled = Math.round(fraction * width);
  return width < 8 ? "" : `${"█".repeat(filled)}${"░".repeat(width - filled)}  `;
}

function beginning(progress: LoadProgress): string {
  const total = progress.total === undefined ? "" : ` (${amount(progress, progress.total)})`;
  return `${verbs[progress.phase]} ${printable(progress.file)}${total} …`;
}

const verbs: Readonly<Record<LoadProgress["phase"], string>> = {
  download: "Downloading",
  load: "Loading",
  prepare: "Preparing",
};

/** Kernels are counted, all else is bytes. */
function amount({ phase }: LoadProgress, count: number): string {
  return phase === "prepare" ? String(count) : byteSize(count);
}
