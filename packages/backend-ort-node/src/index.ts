// Runs Glimpse graphs on onnxruntime-node. This file only lists the public names.
export { type OrtModule, type OrtNodeOptions, ortNode } from "./ort-node.ts";
