// The plugin before it opens: options, and a runtime that is missing or broken.
import { describe, expect, it } from "vitest";
import { ortNode } from "./ort-node.ts";
import { ortPlugin } from "./ort-plugin.ts";

const missing = Object.assign(new Error("Cannot find package 'onnxruntime-node'"), { code: "ERR_MODULE_NOT_FOUND" });

describe("ortNode", () => {
  it("is available here, and opens", async () => {
    const plugin = ortNode();
    expect(await plugin.unavailable()).toBeUndefined();
    const backend = await plugin.open();
    expect([backend.name, [...backend.dtypes]]).toEqual([
      "ort-node",
      ["float32", "float16", "bfloat16", "float64", "int8", "uint8"],
    ]);
    await backend.dispose();
    expect(process.env["ORT_DISABLE_TELEMETRY"]).toBe("1");
  });

  it("says how to install the runtime where it is missing", async () => {
    const plugin = ortPlugin({}, () => Promise.reject(missing));
    const sentence = "the package onnxruntime-node is not installed. Run: npm install onnxruntime-node";
    expect(await plugin.unavailable()).toBe(sentence);
    await expect(plugin.open()).rejects.toMatchObject({
      code: "missing-package",
      message: `backend "ort-node": ${sentence}`,
      cause: missing,
    });
  });

  it("says why the runtime cannot be loaded", async () => {
    const plugin = ortPlugin({}, () => Promise.reject(new Error("libonnxruntime.so.1: wrong ELF class")));
    expect(await plugin.unavailable()).toContain("(libonnxruntime.so.1: wrong ELF class)");
    await expect(plugin.open()).rejects.toMatchObject({ code: "backend-unavailable" });
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %s threads", (threads) => {
    expect(() => ortNode({ threads })).toThrow(
      `option threads: it is out of range, expected a whole number from 1, got ${threads}.`,
    );
  });

  it("estimates memory above the weights", () => {
    expect(ortNode().estimateMemory?.(1e9)).toBe(1.575e9);
  });
});
