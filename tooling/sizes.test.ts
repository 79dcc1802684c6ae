// What a page loads: each public entry of the built packages as a bundle, held to its budget (tooling/release/budget.json).
import { describe, expect, test } from "vitest";
import { budget, bundled } from "./release/sizes.mjs";

describe.each(Object.entries(budget.entries))("%s", (name, entry) => {
  test(`is at most ${entry.budget} kB, gzipped`, async () => {
    const { loaded, later, text } = await bundled(entry);
    const more = later > 0 ? `, and ${later.toFixed(1)} of ${entry.later} kB that it may fetch later` : "";
    console.info(`${name}: ${loaded.toFixed(1)} of ${entry.budget} kB${more}`);
    expect(loaded).toBeLessThanOrEqual(entry.budget);
    expect(later).toBeLessThanOrEqual(entry.later ?? 0);
    // A bundle that lost most of its code would fit, too.
    expect(loaded).toBeGreaterThan(entry.budget / 2);
    if (!name.includes("ONNX Runtime")) expect(text).not.toMatch(/WebAssembly|\.wasm/);
  }, 60_000);
});
