// Where a bundler finds the runtime's files: it copies them to the site and rewrites these URLs. Without a bundler, name
// the URLs of your own copies; these would lead nowhere.
import type { OrtWebUrls } from "./ort-web.ts";

/** For the provider "wasm": 14 MB. */
export const wasmUrls: OrtWebUrls = {
  mjs: new URL("onnxruntime-web/ort-wasm-simd-threaded.mjs", import.meta.url),
  wasm: new URL("onnxruntime-web/ort-wasm-simd-threaded.wasm", import.meta.url),
};

/** For the provider "webgpu": 27 MB. */
export const webgpuUrls: OrtWebUrls = {
  mjs: new URL("onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs", import.meta.url),
  wasm: new URL("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm", import.meta.url),
};
