// Which backend load() takes in a browser, and what it says about the others.
import type { BackendPlugin } from "@glimpsejs/backend";
import { wasmUrls } from "@glimpsejs/backend-ort-web/assets";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { afterEach, expect, test, vi } from "vitest";
import { browserBackend, load, loadInWorker, ortWeb } from "./index.ts";

const picture = sampleFiles["pictures/02.png"];

afterEach(() => {
  vi.restoreAllMocks();
});

test("without an adapter the interpreter, and why", async () => {
  vi.spyOn(navigator.gpu, "requestAdapter").mockResolvedValue(null);
  await using git = await load();
  expect(git.backend.name).toBe("reference");
  expect(git.backend.passedOver).toEqual([
    expect.stringMatching(/^backend "webgpu": WebGPU finds no GPU here\. A driver/),
    expect.stringMatching(/^backend "ort-web-wasm": nobody said where its files are\. Pass the option backend/),
  ]);
  expect((await git.caption(picture)).text).toBe("a book on a white background");
});

test("a program that imitates a GPU is none; onnxruntime-web comes before the interpreter where it is given", async () => {
  await using git = await load(undefined, {
    backend: browserBackend(ortWeb({ provider: "wasm", urls: wasmUrls })),
  });
  expect(git.backend.name).toBe("ort-web-wasm");
  expect(git.backend.passedOver).toEqual([expect.stringMatching(/only a program that imitates one \(.*SwiftShader/i)]);
  expect((await git.caption(picture)).text).toBe("a book on a white background");
});

/** onnxruntime-web, whose weights of one dtype are not what the file says. */
function wrong(dtype: "float32" | "float16"): BackendPlugin {
  const plugin = ortWeb({ provider: "wasm", urls: wasmUrls });
  return {
    ...plugin,
    async open() {
      const backend = await plugin.open();
      return {
        ...backend,
        compile: (graphs, { names, get }, signal) =>
          backend.compile(
            graphs,
            {
              names,
              get(name) {
                const weight = get(name);
                if (weight?.dtype !== dtype || name !== "shift") return weight;
                return { ...weight, bytes: async () => new Uint8Array(weight.byteLength) };
              },
            },
            signal,
          ),
      };
    },
  };
}

test.each(["float32", "float16"] as const)(
  "F37: what computes wrong with %s is passed over, and why",
  async (dtype) => {
    await using git = await load(undefined, { backend: browserBackend(wrong(dtype)) });
    expect(git.backend.name).toBe("reference");
    expect(git.backend.passedOver[1]).toMatch(
      new RegExp(`self-test of backend "ort-web-wasm" with ${dtype} weights: a result of 1 rows is wrong`),
    );
    expect((await git.caption(picture)).text).toBe("a book on a white background");
  },
);

test("where its files are missing, the interpreter", async () => {
  const urls = { mjs: "/nowhere/ort.mjs", wasm: "/nowhere/ort.wasm" };
  await using git = await load(undefined, { backend: browserBackend(ortWeb({ provider: "wasm", urls })) });
  expect(git.backend.name).toBe("reference");
  expect(git.backend.passedOver[1]).toMatch(/^backend "ort-web-wasm": the file .*\/nowhere\/ort\.mjs/);
});

test("a model in a worker says the same", async () => {
  await using git = await loadInWorker();
  expect(git.backend.name).toBe("reference");
  expect(git.backend.passedOver).toHaveLength(2);
});
