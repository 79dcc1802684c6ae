// The entry: registers the whole suite with vitest for one backend.
import type { BackendPlugin } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { groups } from "./groups/index.ts";
import type { Context, Skip } from "./suite.ts";
import { type Tolerances, tolerancesOf } from "./tolerances.ts";

/** Options of {@link testBackend}. */
export interface BackendTestOptions {
  /** The backend to be tested. */
  readonly plugin: BackendPlugin;
  /** Tests that the backend is known to fail, with reasons. A name that no test has is a failure of its own. */
  readonly skip?: readonly Skip[];
  /** Replaces the entry of the table in tolerances.ts. */
  readonly tolerances?: Tolerances;
}

/**
 * Registers the conformance suite for one backend; call it at the top level of a vitest file. Skipped tests are
 * printed with their reasons.
 *
 * @example
 * import { testBackend } from "@glimpsejs/conformance";
 * import { myBackend } from "./index.ts";
 *
 * testBackend({ plugin: myBackend() });
 */
export function testBackend({ plugin, skip = [], tolerances = tolerancesOf(plugin.name) }: BackendTestOptions): void {
  const reasons = new Map(skip.flatMap(({ reason, tests }) => tests.map((name) => [name, reason] as const)));

  describe(`backend ${plugin.name}`, () => {
    let context: Context | undefined;

    beforeAll(async () => {
      const reason = await plugin.unavailable();
      if (reason !== undefined) throw new Error(`The backend "${plugin.name}" is not available here: ${reason}`);
      context = { plugin, backend: await plugin.open(), oracle: await reference().open(), tolerances };
    });

    afterAll(async () => {
      await Promise.all([context?.backend.dispose(), context?.oracle.dispose()]);
    });

    for (const [group, tests] of Object.entries(groups)) {
      describe(group, () => {
        for (const { name, run } of tests) {
          const reason = reasons.get(`${group}: ${name}`);
          if (reason !== undefined) test.skip(`${name} (skipped: ${reason})`);
          else
            test(name, async () => {
              if (context === undefined) throw new Error("The backend is not open.");
              await run(context);
            });
        }
      });
    }

    test("every skip names a test and a reason", () => {
      for (const [name, reason] of reasons) console.info(`${plugin.name} skips "${name}": ${reason}`);
      expect(unknownSkips(skip)).toEqual([]);
    });
  });
}

/** What is wrong with a list of skips: names that no test has, and missing reasons. */
export function unknownSkips(skip: readonly Skip[]): readonly string[] {
  const names = new Set(Object.entries(groups).flatMap(([group, tests]) => tests.map((t) => `${group}: ${t.name}`)));
  return [
    ...skip.flatMap((s) => s.tests).filter((name) => !names.has(name)),
    ...skip.filter((s) => s.reason.trim() === "").map((s) => `no reason for ${s.tests.join(", ")}`),
  ];
}
