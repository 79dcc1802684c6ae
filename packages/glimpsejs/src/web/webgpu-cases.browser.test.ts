// Every reference case on the browser's own WebGPU, through the same code as `glimpse verify`. All backends are opened on
// one device, so that kernels are made once.
import { webgpu } from "@glimpsejs/backend-webgpu";
import { type FileReader, verifyCase } from "@glimpsejs/cli";
import { bind } from "@glimpsejs/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { webPlatform } from "./index.ts";

vi.setConfig({ testTimeout: 300_000 });

const folder = "/fixtures/reference/cases";
// Named, as a page cannot list folders.
const cases = [
  "forward-base",
  "forward-bf16",
  "forward-eps",
  "forward-f16",
  "forward-gelu_new",
  "forward-image-on-video-model",
  "forward-interpolate",
  "forward-patch14",
  "forward-quick_gelu",
  "forward-relu-selu",
  "forward-silu-gelu",
  "forward-tied",
  "forward-video",
  "forward-video-fewer-frames",
  "generate-image",
  "generate-image-2",
  "generate-options",
  "generate-video",
  "generate-video-options",
  "legacy-head_mask",
  "legacy-relative_key",
  "legacy-relative_key_query",
  "masks",
];

const files: FileReader = {
  exists: async (path) => (await fetch(path, { method: "HEAD" })).ok,
  async read(path) {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  list: () => Promise.reject(new Error("a browser lists no folders")),
};

let opener: Awaited<ReturnType<ReturnType<typeof webgpu>["open"]>>;
beforeAll(async () => {
  opener = await webgpu({ selfTest: false }).open();
});
afterAll(() => opener.dispose());

test.each(cases)("%s", async (name) => {
  const report = await verifyCase(`${folder}/${name}`, {
    glimpse: bind(webPlatform()),
    backend: webgpu({ device: opener.device, selfTest: false, prepare: false }),
    files,
  });
  expect(report.error).toBeUndefined();
  expect(report.checks.filter((check) => !check.passed)).toEqual([]);
  expect(report.outcome).toBe("passed");
});
