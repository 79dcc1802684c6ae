// An interpreter in plain TypeScript: slow, obvious, runs anywhere.
export { kernels } from "./kernels/index.ts";
export type { Kernel, KernelRun, TensorFor } from "./kernels/kernel.ts";
export { reference } from "./reference.ts";
export { runNode } from "./run-node.ts";
