// Error scopes round each phase: what the device reports of it, and of nothing else, becomes an error. Plain values here.
import { describe, expect, test } from "vitest";
import { watched } from "./failures.ts";
import type { GpuDevice } from "./gpu.ts";

type Filter = Parameters<GpuDevice["pushErrorScope"]>[0];

/** A device whose scopes of the kinds in `errors` report something; it remembers which are open. */
function deviceWith(errors: Partial<Record<Filter, string>>) {
  const open: Filter[] = [];
  const device = {
    pushErrorScope: (filter: Filter) => void open.push(filter),
    async popErrorScope() {
      const message = errors[open.pop() ?? "validation"];
      return message === undefined ? null : { message };
    },
  };
  return { device: device as unknown as GpuDevice, open };
}

describe("watched()", () => {
  test("opens a scope of each kind round the task and closes them after it", async () => {
    const { device, open } = deviceWith({});
    const { result, failure } = watched(device, "x", () => [...open]);
    expect(result).toEqual(["validation", "out-of-memory", "internal"]);
    expect(open).toEqual([]);
    expect(await failure).toBeUndefined();
  });

  test.each([
    ["out-of-memory", "Error: 3 GB", "out-of-memory", "WebGPU, loading: the device has no memory left."],
    ["validation", " Too many. ", "backend", "WebGPU, loading: the device refused (Too many.)."],
    ["internal", "Driver", "backend", "WebGPU, loading: the device refused (Driver)."],
  ] as const)("F34: %s", async (filter, message, code, text) => {
    const failure = await watched(deviceWith({ [filter]: message }).device, "loading", () => 1).failure;
    expect(failure).toMatchObject({ code, message: text, cause: { message } });
  });

  test("scopes are closed when the task throws; a device that is lost meanwhile reports nothing of its own", async () => {
    const { device, open } = deviceWith({});
    expect(() =>
      watched(device, "x", () => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(open).toEqual([]);
    const lost = { ...device, popErrorScope: () => Promise.reject(new Error("lost")) };
    expect(await watched(lost, "x", () => 1).failure).toBeUndefined();
  });
});
