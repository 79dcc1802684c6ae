// What the other browser tests count on: a plain page, the workspace's files, WebGPU, and no network.
import { expect, test } from "vitest";

test("a plain page is not cross-origin isolated, so it has no shared memory", () => {
  expect(crossOriginIsolated).toBe(false);
  expect(typeof SharedArrayBuffer).toBe("undefined");
});

test("files of the workspace are served under their path", async () => {
  const response = await fetch("/fixtures/reference/synthetic.json");
  expect(response.headers.get("content-type")).toContain("application/json");
  expect(await response.json()).toBeTypeOf("object");
});

test("WebGPU has an adapter without a graphics card", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  expect(adapter?.info.architecture).toBe("swiftshader");
});

test("no other machine is reached", async () => {
  await expect(fetch("https://huggingface.co/")).rejects.toThrow("Failed to fetch");
});
