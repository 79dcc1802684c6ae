// What the page calls backends and precisions.
import type { BackendId, Dtype } from "../port/protocol.ts";

/** Name and one line of explanation of each backend. */
export const backendNames: Readonly<Record<BackendId, { readonly name: string; readonly what: string }>> = {
  webgpu: { name: "WebGPU", what: "Glimpse’s own kernels on the graphics card" },
  "ort-webgpu": { name: "ONNX Runtime, WebGPU", what: "the graphics card, through ONNX Runtime" },
  "ort-wasm": { name: "ONNX Runtime, WebAssembly", what: "the processor, through ONNX Runtime" },
  reference: { name: "Reference", what: "plain TypeScript; slow, and right by definition" },
};

/** What each precision means. */
export const dtypeNames: Readonly<Record<Dtype, string>> = {
  fp32: "32-bit floats, exact",
  fp16: "16-bit floats, half the memory",
  int8: "8-bit integers, a quarter",
  int4: "4-bit integers, an eighth",
};
