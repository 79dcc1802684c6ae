// The conformance suite on WebGPU in Node, on the software adapter that comes with Chromium.
import { testBackend } from "@glimpsejs/conformance";
import { test } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import { webgpu } from "./index.ts";

if (noGpu === undefined) testBackend({ plugin: webgpu() });
else test.skip(`conformance (skipped: ${noGpu})`);
