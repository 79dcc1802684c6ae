// The runtime's own types, for this package alone: no public declaration may name them (see OrtModule).

/** The module onnxruntime-node. */
export type OrtRuntime = typeof import("onnxruntime-node");
