// The result of `npm run bench:webgpu` as data, and as lines.
import type { Measured } from "./measure.ts";
import type { ModelSize } from "./scenario.ts";

/** What was measured, on one adapter. */
export interface WebGpuResult {
  readonly schema: 1;
  /** ISO 8601. */
  readonly date: string;
  /** What the adapter calls itself. */
  readonly adapter: string;
  /** Whether it is a program that imitates a GPU: then counts mean something, and times nothing. */
  readonly isSoftware: boolean;
  readonly model: ModelSize;
  readonly rounds: number;
  readonly scenarios: readonly {
    readonly name: string;
    readonly glimpse: Measured | string;
    /** A string where it failed, with the reason. */
    readonly onnxruntime: Measured | string;
  }[];
}

/** One line for what one side took, or why it failed. */
export function resultLine(scenario: string, side: "glimpse" | "onnxruntime", measured: Measured | string): string {
  const what = `${scenario.padEnd(12)} ${side.padEnd(12)}`;
  if (typeof measured === "string") return `${what} failed: ${measured}`;
  const { milliseconds, dispatches, bytesRead, bufferBytes, ids } = measured;
  const buffers = bufferBytes === undefined ? "not visible" : `${(bufferBytes / 1e6).toFixed(1)} MB`;
  const count = `${side === "glimpse" ? "" : "≥ "}${dispatches}`.padStart(5);
  const chosen = ids.length === 0 ? "" : `  ids ${ids.join(" ")}`;
  return (
    `${what} ${milliseconds.toFixed(2).padStart(9)} ms  ${count} dispatches  ` +
    `${bytesRead.toLocaleString("en")} B read back  buffers ${buffers}${chosen}`
  );
}

/** What float32 may differ by when sums are added in another order; features are of the order of 1. */
const tolerance = 1e-3;

/** Throws where the two sides chose different tokens, or made different numbers. */
export function checkSame({ scenarios }: Pick<WebGpuResult, "scenarios">): void {
  for (const { name, glimpse, onnxruntime } of scenarios) {
    if (typeof glimpse === "string" || typeof onnxruntime === "string") continue;
    if (glimpse.ids.join() !== onnxruntime.ids.join()) throw new Error(`${name}: the two chose different tokens.`);
    if (glimpse.ids.length + glimpse.sample.length === 0) throw new Error(`${name}: nothing to compare.`);
    const errors = glimpse.sample.map((value, i) => Math.abs(value - (onnxruntime.sample[i] ?? Number.NaN)));
    const worst = Math.max(0, ...errors);
    if (!(worst <= tolerance)) throw new Error(`${name}: the two made numbers that differ by ${worst}.`);
  }
}
