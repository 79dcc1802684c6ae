// On a cross-origin isolated page: threads by measurement, and the suite on them.
import { testBackend } from "@glimpsejs/conformance";
import { afterEach, expect, test, vi } from "vitest";
import { wasmUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";
import { measureThreads } from "./threads.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
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

/** Workers on a clock of their own: n of them, asked at once, answer together after `milliseconds(n)`. Returns how many are left. */
function fakeMachine(hardwareConcurrency: number, milliseconds: (n: number) => number): () => number {
  let now = 0;
  let left = 0;
  let asked: { onmessage(): void }[] = [];
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.spyOn(navigator, "hardwareConcurrency", "get").mockReturnValue(hardwareConcurrency);
  vi.stubGlobal(
    "Worker",
    class {
      constructor() {
        left++;
      }
      onmessage() {}
      postMessage() {
        asked.push(this);
        if (asked.length > 1) return;
        queueMicrotask(() => {
          now += milliseconds(asked.length);
          const answering = asked;
          asked = [];
          for (const worker of answering) worker.onmessage();
        });
      }
      terminate() {
        left--;
      }
    },
  );
  return () => left;
}

/** The same by how many times as much work as one of them n workers do. */
const doing = (work: Readonly<Record<number, number>>) => (n: number) => (10 * n) / (work[n] ?? Number.NaN);

test.each([
  ["workers that wait for each other", 8, doing({ 1: 1, 2: 1, 4: 1, 8: 1 }), 1],
  ["workers that hinder each other", 8, doing({ 1: 1, 2: 0.9, 4: 0.6, 8: 0.4 }), 1],
  ["as many cores as are counted", 8, () => 10, 8],
  ["more cores than are worth having", 64, () => 10, 8],
  ["three cores", 3, () => 10, 2],
  ["four cores counted twice", 8, doing({ 1: 1, 2: 2, 4: 4, 8: 4.5 }), 4],
  ["a gain just below 1.15", 4, doing({ 1: 1, 2: 1.9, 4: 1.9 * 1.149 }), 2],
  ["a gain just above 1.15", 4, doing({ 1: 1, 2: 1.9, 4: 1.9 * 1.151 }), 4],
])("threads are measured: %s", async (_, counted, milliseconds, threads) => {
  const left = fakeMachine(counted, milliseconds);
  expect(await measureThreads()).toBe(threads);
  expect(left()).toBe(0);
});

test("one slow try of two does not count", async () => {
  let rounds = 0;
  fakeMachine(2, () => (rounds++ % 2 === 0 ? 1000 : 10));
  expect(await measureThreads()).toBe(2);
});

test("real workers answer", async () => {
  const started = vi.fn();
  vi.stubGlobal(
    "Worker",
    class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        this.addEventListener("message", started);
      }
    },
  );
  expect([1, 2, 4, 8]).toContain(await measureThreads());
  // Of the largest number that is tried each has answered.
  const most = [8, 4, 2, 1].find((n) => n <= navigator.hardwareConcurrency) ?? 1;
  expect(started.mock.calls.length).toBeGreaterThanOrEqual(3 * most);
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
