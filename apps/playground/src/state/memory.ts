// How much memory the page and its workers use, where the browser tells.
import { signal } from "@preact/signals";

/** Bytes in use, or why that is not known. */
export const memory = signal<{ readonly bytes: number } | { readonly unknown: string } | undefined>(undefined);

interface MeasuringPerformance extends Performance {
  measureUserAgentSpecificMemory(): Promise<{ readonly bytes: number }>;
}

let measuring = false;

/** Measures it. The browser takes its time: it waits for the next garbage collection. */
export async function measureMemory(): Promise<void> {
  if (measuring) return;
  if (!globalThis.crossOriginIsolated) {
    memory.value = { unknown: "told only with isolation headers" };
    return;
  }
  if (!canMeasure(performance)) {
    memory.value = { unknown: "not told by this browser" };
    return;
  }
  measuring = true;
  try {
    memory.value = { bytes: (await performance.measureUserAgentSpecificMemory()).bytes };
  } catch {
    memory.value = { unknown: "not told by this browser" };
  } finally {
    measuring = false;
  }
}

function canMeasure(performance: Performance): performance is MeasuringPerformance {
  return "measureUserAgentSpecificMemory" in performance;
}
