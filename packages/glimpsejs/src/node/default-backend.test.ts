// Which backend Node takes by itself, on backends that only say whether they are there.
import type { Backend, BackendPlugin } from "@glimpsejs/backend";
import { expect, test } from "vitest";
import { defaultBackend } from "./default-backend.ts";

const plugin = (name: string, reason?: string): BackendPlugin => ({
  name,
  unavailable: async () => reason,
  open: async () => ({ name }) as Backend,
  ...(name !== "gpu" && { estimateMemory: (bytes: number) => 2 * bytes }),
});

test("onnxruntime, else a GPU, else the slow one with a word about it, once", async () => {
  const told: string[] = [];
  const opened = async (fast?: string, gpu?: string) => {
    const choices = { fast: plugin("fast", fast), gpu: plugin("gpu", gpu), slow: plugin("slow") };
    return (await defaultBackend((message) => told.push(message), choices).open()).name;
  };
  expect(await opened()).toBe("fast");
  expect(await opened("it is not installed")).toBe("gpu");
  expect(told).toEqual([]);
  expect(await opened("it is not installed", "there is none")).toBe("slow");
  expect(await opened("it is not installed", "there is none")).toBe("slow");
  expect(told).toEqual([
    "glimpse: running on the slow reference backend, since onnxruntime-node cannot be used: it is not installed",
  ]);
});

test("a load that no memory suffices for is still refused, though a GPU keeps weights elsewhere", () => {
  const choices = { fast: plugin("fast"), gpu: plugin("gpu"), slow: plugin("slow") };
  expect(defaultBackend(() => {}, choices).estimateMemory?.(10)).toBe(20);
});
