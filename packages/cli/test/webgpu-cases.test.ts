// Every reference case on WebGPU in Node, through the same code as `glimpse verify`. All backends are opened on one device,
// as a page does that has its own, so that kernels are made once.
import path from "node:path";
import { webgpu } from "@glimpsejs/backend-webgpu";
import { caseFolders, verifyCase } from "@glimpsejs/cli";
import { bind } from "@glimpsejs/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import { casesFolder, files, platform } from "./support.ts";

// The cases of many options take minutes on a software device and say more about the search than about a backend: they are
// for the full run.
const isFull = process.env["TEST_FULL"] === "1";
const folders = (await caseFolders(casesFolder, files)).filter((folder) => isFull || !folder.endsWith("options"));

describe.skipIf(noGpu !== undefined)(`webgpu${noGpu === undefined ? "" : ` (skipped: ${noGpu})`}`, () => {
  let opener: Awaited<ReturnType<ReturnType<typeof webgpu>["open"]>>;
  beforeAll(async () => {
    opener = await webgpu({ selfTest: false }).open();
  });
  afterAll(() => opener.dispose());

  test.each(folders.map((folder) => [path.basename(folder), folder]))(
    "%s",
    async (_, folder) => {
      const report = await verifyCase(folder, {
        glimpse: bind(platform),
        backend: webgpu({ device: opener.device, selfTest: false, prepare: false }),
        files,
      });
      expect(report.error).toBeUndefined();
      expect(report.checks.filter((check) => !check.passed)).toEqual([]);
      expect(report.outcome).toBe("passed");
    },
    isFull ? 1_200_000 : 600_000,
  );
});
