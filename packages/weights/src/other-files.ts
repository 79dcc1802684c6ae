// What is fetched when a checkpoint is no single safetensors file, behind one import(): the published ones are, and a page
// that reads those need not carry an unpickler.
export { fileKind } from "./file-kind.ts";
export { readSharded } from "./shards.ts";
export { readTorch } from "./torch/checkpoint.ts";
