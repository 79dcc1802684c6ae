// What every Glimpse package stands on: typed errors, strict JSON, nearest names. No dependencies, no platform.
export {
  DisposedError,
  type ErrorCode,
  formatProblem,
  GlimpseError,
  type GlimpseErrorOptions,
  type Problem,
  show,
  throwIfAborted,
} from "./error.ts";
export { type JsonLimits, type JsonValue, parseJson } from "./json.ts";
export { nearestName } from "./nearest.ts";
