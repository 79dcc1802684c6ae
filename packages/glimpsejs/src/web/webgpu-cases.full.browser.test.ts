// The reference cases on ONNX Runtime's WebGPU provider. On SwiftShader, which compiles every shader on the processor,
// they take ten minutes.
import { webgpuUrls } from "@glimpsejs/backend-ort-web/assets";
import { caseFolders, verifyCase } from "@glimpsejs/cli";
import { bind } from "@glimpsejs/core";
import { expect, test, vi } from "vitest";
import { servedFiles } from "../../test/served-files.ts";
import { ortWeb, webPlatform } from "./index.ts";

vi.setConfig({ testTimeout: 600_000 });

const webgpu = ortWeb({ provider: "webgpu", urls: webgpuUrls });
const folders = await caseFolders("/fixtures/reference/cases", servedFiles);

test.each(folders.map((folder) => [folder.slice(folder.lastIndexOf("/") + 1), folder]))("%s", async (_, folder) => {
  const report = await verifyCase(folder, { glimpse: bind(webPlatform()), backend: webgpu, files: servedFiles });
  expect(report.error).toBeUndefined();
  expect(report.checks.filter((check) => !check.passed)).toEqual([]);
  expect(report.outcome).toBe("passed");
});
