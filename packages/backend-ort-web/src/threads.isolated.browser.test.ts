// On a cross-origin isolated page: threads by measurement, and the suite on them.
import { testBackend } from "@glimpsejs/conformance";
import { afterEach, expect, test, vi } from "vitest";
import { wasmUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";
import { measureThreads } from "./threads.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("F35: where workers fail, at once or later, there is one thread", async () => {
  vi.stubGlobal(
    "Worker",
    class extends EventTarget {
      onerror: (() => void) | undefined;
      postMessage() {
        queueMicrotask(() => this.onerror?.());
      }
      terminate() {}
    },
  );
  expect(await measureThreads()).toBe(1);
  vi.stubGlobal(
    "Worker",
    class {
      constructor() {
        throw new DOMException("no more workers", "SecurityError");
      }
    },
  );
  expect(await measureThreads()).toBe(1);
});

test("the number of threads is measured, quickly, and within what the machine has", async () => {
  const start = performance.now();
  const threads = await measureThreads();
  expect([1, 2, 4, 8]).toContain(threads);
  expect(threads).toBeLessThanOrEqual(navigator.hardwareConcurrency);
  expect(performance.now() - start).toBeLessThan(3000);
});

testBackend({
  plugin: ortWeb({ provider: "wasm", urls: wasmUrls, threads: 2 }),
  skip: [
    {
      reason:
        "weights of 4 bits become 8 bits with one scale per row at load, as products of 4 bits are slow in WebAssembly",
      tests: ["ops: quantizedLinear equals the reference", "ops: quantizedLinear of nothing equals the reference"],
    },
  ],
});

test("F36: one page has one runtime: another number of threads is refused, the same is not", async () => {
  const options = { provider: "wasm", urls: wasmUrls } as const;
  await expect(ortWeb({ ...options, threads: 4 }).open()).rejects.toMatchObject({ code: "unsupported" });
  await (await ortWeb({ ...options, threads: 2 }).open()).dispose();
  await (await ortWeb(options).open()).dispose();
});
