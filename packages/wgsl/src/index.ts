// Graphs as WebGPU kernels and dispatch plans. This file only lists the public names.
export type { Access, Binding, Kernel } from "./kernel.ts";
export type { Features } from "./lowering.ts";
export { packBytes } from "./lowering.ts";
export { type BufferSpec, type Dispatch, type Plan, type PlanOutput, type StateSpec, temporaryBytes } from "./plan.ts";
export { type GrowingState, growingStates, type PlanOptions, planGraph } from "./plan-graph.ts";
export { printPlan } from "./print.ts";
export { bindDim } from "./size.ts";
export type { BufferId, View } from "./view.ts";
export { layOutWeights, type WeightFormat, type WeightLayout, type WeightPack, type WeightPlace } from "./weights.ts";
