// What tests with threads count on: a cross-origin isolated page.
import { expect, test } from "vitest";

test("an isolated page has shared memory", () => {
  expect(crossOriginIsolated).toBe(true);
  expect(new SharedArrayBuffer(8).byteLength).toBe(8);
});
