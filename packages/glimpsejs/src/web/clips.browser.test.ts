// The sample clips in a real Chromium: frames, captions, ids and scores are Node's.
import { wasmUrls } from "@glimpsejs/backend-ort-web/assets";
import { reference } from "@glimpsejs/backend-reference";
import { expect, test } from "vitest";
import { clipSamples, expectNodesClips, nodeClips } from "../../test/compare-clips.ts";
import { ortWeb } from "./index.ts";

test("all six clips are there, in Node as here", () => {
  expect(clipSamples).toHaveLength(6);
  expect(Object.keys(nodeClips)).toEqual(clipSamples.map(({ file }) => file));
});

test("ONNX Runtime in WebAssembly has Node's captions, ids and scores for every sample clip", async () => {
  await expectNodesClips(ortWeb({ provider: "wasm", urls: wasmUrls }));
});

test("the interpreter has them for an MP4 and a WebM clip", async () => {
  const samples = clipSamples.filter(({ file }) => /01\.mp4|06\.webm/.test(file));
  expect(samples).toHaveLength(2);
  await expectNodesClips(reference(), samples);
});
