// All sample clips on the interpreter and on our WebGPU kernels, which take their time on a GPU that is a program.
import { reference } from "@glimpsejs/backend-reference";
import { webgpu } from "@glimpsejs/backend-webgpu";
import { test, vi } from "vitest";
import { expectNodesClips } from "../../test/compare-clips.ts";

vi.setConfig({ testTimeout: 600_000 });

test.each([reference(), webgpu({ selfTest: false })])(
  "$name: every sample clip has Node's caption, ids and score",
  (backend) => expectNodesClips(backend),
);
