// The conformance suite on WebGPU in Node, on the software adapter that comes with Chromium.
import { testBackend } from "@glimpsejs/conformance";
import { test, vi } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import { webgpu } from "./index.ts";

// The software adapter takes a second to compile a kernel, several where others compute beside it.
vi.setConfig({ testTimeout: 120_000 });

if (noGpu === undefined) testBackend({ plugin: webgpu({ selfTest: false }) });
else test.skip(`conformance (skipped: ${noGpu})`);
