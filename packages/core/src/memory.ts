// Refusing a load that cannot fit, before it starts.
import type { BackendPlugin } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";
import type { WeightSource } from "@glimpsejs/graph";
import type { Host } from "./platform.ts";
import { residentBytes } from "./weights.ts";

/**
 * Throws "out-of-memory" when the backend's estimate for these weights is more than the platform has left. Backends
 * that cannot estimate and platforms that do not know their memory are not checked.
 */
export function checkMemory(weights: WeightSource, plugin: BackendPlugin, platform: Host): void {
  const needed = plugin.estimateMemory?.(residentBytes(weights));
  const available = platform.availableMemory();
  if (needed === undefined || available === undefined || needed <= available) return;
  throw new GlimpseError(
    {
      subject: "model",
      problem: `it does not fit into memory on the backend "${plugin.name}"`,
      expected: `at most ${megabytes(available)}`,
      got: `an estimate of ${megabytes(needed)}`,
      advice: "Free memory or load a smaller checkpoint.",
    },
    { code: "out-of-memory" },
  );
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
