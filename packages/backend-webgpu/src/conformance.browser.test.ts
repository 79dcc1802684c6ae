// The conformance suite on the browser's own WebGPU.
import { testBackend } from "@glimpsejs/conformance";
import { vi } from "vitest";
import { webgpu } from "./index.ts";

// The software adapter takes a second to compile a kernel.
vi.setConfig({ testTimeout: 120_000 });

testBackend({ plugin: webgpu({ selfTest: false }) });
