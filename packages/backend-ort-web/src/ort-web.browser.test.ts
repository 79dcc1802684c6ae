// What goes wrong before and while onnxruntime-web runs, each said by name, and the call after it.
import { GlimpseError } from "@glimpsejs/base";
import { buildGraph, float32, int32 } from "@glimpsejs/graph";
import { afterEach, describe, expect, test, vi } from "vitest";
import { wasmUrls, webgpuUrls } from "./assets.ts";
import { type OrtWebOptions, ortWeb } from "./index.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

async function reason(options: OrtWebOptions): Promise<string> {
  const plugin = ortWeb(options);
  const said = await plugin.unavailable();
  const error = await plugin.open().then(
    () => expect.fail("it opened"),
    (thrown: unknown) => thrown,
  );
  if (!GlimpseError.isInstance(error, "backend-unavailable")) throw error;
  expect(error.message).toContain(said ?? "it is available");
  return said ?? "";
}

describe("files of the runtime are looked at before they are used", () => {
  const provider = "wasm";

  test("without URLs", async () => {
    expect(await reason({ provider })).toContain("nobody said where the runtime's files are, expected the option urls");
  });

  test("that are not there", async () => {
    const urls = { ...wasmUrls, wasm: "https://localhost:1/ort.wasm" };
    expect(await reason({ provider, urls })).toMatch(
      /the file https:\/\/localhost:1\/ort.wasm cannot be fetched.*Access-Control-Allow-Origin/,
    );
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("", { status: 404 }));
    expect(await reason({ provider, urls: wasmUrls })).toMatch(
      /ort-wasm-simd-threaded\.mjs.* is not there, got HTTP 404\. Copy it/,
    );
  });

  test("that come with a wrong type, or as a page", async () => {
    const answer = (type: string) => async (url: Parameters<typeof fetch>[0]) =>
      new Response("", { headers: { "content-type": String(url).includes(".mjs") ? "text/javascript" : type } });
    vi.spyOn(globalThis, "fetch").mockImplementation(answer("application/octet-stream"));
    expect(await reason({ provider, urls: wasmUrls })).toMatch(
      /ort-wasm-simd-threaded\.wasm.* wrong header Content-Type, expected application\/wasm, got application\/octet-stream\. Set it/,
    );
    vi.spyOn(globalThis, "fetch").mockImplementation(answer("text/html"));
    expect(await reason({ provider, urls: wasmUrls })).toContain("The server sent a page in its place");
  });

  test("from a server that knows no HEAD", async () => {
    const { fetch } = globalThis;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) =>
      init?.method === "HEAD" ? new Response("", { status: 405 }) : fetch(url, init),
    );
    expect(await ortWeb({ provider, urls: wasmUrls }).unavailable()).toBeUndefined();
  });
});

test("F35: a page whose policy forbids WebAssembly, a browser without SIMD, and the page after them", async () => {
  vi.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError("violates the policy"));
  const blocked = await reason({ provider: "wasm", urls: wasmUrls });
  expect(blocked).toContain("the page may not compile WebAssembly, got violates the policy. Add 'wasm-unsafe-eval'");
  vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
  expect(await reason({ provider: "wasm", urls: wasmUrls })).toContain("has no SIMD");
  vi.restoreAllMocks();
  expect(await ortWeb({ provider: "wasm", urls: wasmUrls }).unavailable()).toBeUndefined();
});

test("F35: memory that cannot grow fails a load by name, and the next load works", async () => {
  const backend = await ortWeb({ provider: "wasm", urls: wasmUrls }).open();
  const [rows, columns] = [4096, 8192]; // 128 MiB, more than the runtime has when it starts
  const large = buildGraph("large", (b) => {
    const table = b.weight("table", [rows, columns]);
    b.output("row", b.op("embedding", { table, ids: b.input("ids", "int32", ["t"]) }, {}));
  });
  const data = new Float32Array(rows * columns);
  data[columns] = 7;
  const weight = {
    dtype: "float32" as const,
    shape: [rows, columns],
    byteLength: data.byteLength,
    bytes: async () => new Uint8Array(data.buffer),
  };
  const program = await backend.compile({ large }, { names: ["table"], get: () => weight });
  const feeds = () => ({ ids: int32([1], [1]) });
  vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
    throw new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory");
  });
  await expect(program.run("large", feeds())).rejects.toMatchObject({
    code: "backend",
    message: expect.stringMatching(/^graph "large": ONNX Runtime cannot load it/),
  });
  vi.restoreAllMocks();
  const { row } = await program.run("large", feeds(), ["row"]);
  expect((await row.read()).data[0]).toBe(7);
  await backend.dispose();
});

test("F32: no WebGPU adapter", async () => {
  vi.spyOn(navigator.gpu, "requestAdapter").mockResolvedValue(null);
  expect(await reason({ provider: "webgpu", urls: webgpuUrls })).toContain("WebGPU has no adapter");
});

test("memory is estimated for each provider: WebGPU's sessions have the decoder's weights twice", () => {
  expect(ortWeb({ provider: "wasm", urls: wasmUrls }).estimateMemory?.(1e9)).toBe(2.1e9);
  expect(ortWeb({ provider: "webgpu", urls: webgpuUrls }).estimateMemory?.(1e9)).toBe(3.1e9);
});

test("options that cannot be", () => {
  const wrong = { provider: "cuda", threads: 0, urls: { mjs: 5 } } as unknown as OrtWebOptions;
  expect(() => ortWeb(wrong)).toThrow(/3 problems[\s\S]*option provider[\s\S]*option threads[\s\S]*option urls/);
});

test("F36: a run that fails inside the runtime is an error of its own, and the next run works", async () => {
  const backend = await ortWeb({ provider: "wasm", urls: wasmUrls }).open();
  const pick = buildGraph("pick", (b) => {
    const table = b.input("table", "float32", [2, 1]);
    b.output("row", b.op("embedding", { table, ids: b.input("ids", "int32", ["t"]) }, {}));
  });
  const program = await backend.compile({ pick }, { names: [], get: () => undefined });
  const table = float32([3, 4], [2, 1]);
  for (let tries = 0; tries < 3; tries++) {
    await expect(program.run("pick", { table, ids: int32([7], [1]) })).rejects.toMatchObject({ code: "backend" });
    const { row } = await program.run("pick", { table, ids: int32([1], [1]) }, ["row"]);
    expect((await row.read()).data).toEqual(Float32Array.of(4));
  }
  await backend.dispose();
});
