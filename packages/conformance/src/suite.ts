// What a conformance test is. Tests are data, so that the suite can be listed, skipped by name, and tested itself.
import type { Backend, BackendPlugin } from "@glimpsejs/backend";
import type { Tolerances } from "./tolerances.ts";

/** What every test works with. Tests of disposal open backends of their own. */
export interface Context {
  readonly plugin: BackendPlugin;
  /** An open backend of the plugin under test. */
  readonly backend: Backend;
  /** An open reference backend. */
  readonly oracle: Backend;
  readonly tolerances: Tolerances;
}

/** One test; it fails by rejecting. */
export interface ConformanceTest {
  readonly name: string;
  run(context: Context): Promise<void>;
}

/** Tests left out for one reason, by full name ("ops: linear equals the reference"). */
export interface Skip {
  /** Why the backend cannot pass them; printed beside each. */
  readonly reason: string;
  /** Full names, at least one. */
  readonly tests: readonly string[];
}
