// testBackend(): the conformance suite for backend authors.
export { expectClose } from "./expect-close.ts";
export type { Skip } from "./suite.ts";
export { type BackendTestOptions, testBackend } from "./test-backend.ts";
export type { Tolerance, Tolerances } from "./tolerances.ts";
