// The backend contract. This package holds types, two checks and firstAvailable(); be cautious with additions:
// a concept belongs here once three backends need it.
export type {
  Backend,
  BackendPlugin,
  DeviceTensor,
  ExpectedRun,
  Feeds,
  Outputs,
  PrepareOptions,
  Program,
  RunOptions,
} from "./backend.ts";
export { checkWeights } from "./check-weights.ts";
export { firstAvailable } from "./first-available.ts";
