// The runtime's own types, for this package alone: no public declaration may name them (see OrtWebModule).

/** The module onnxruntime-web/wasm or onnxruntime-web/webgpu. */
export type OrtRuntime = typeof import("onnxruntime-web");

/** A tensor of ONNX Runtime. */
export type OrtValue = InstanceType<OrtRuntime["Tensor"]>;
