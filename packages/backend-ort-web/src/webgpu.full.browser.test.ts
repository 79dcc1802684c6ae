// The conformance suite on onnxruntime-web's WebGPU provider in Chromium, on SwiftShader.
// Among the slow ones: SwiftShader compiles every shader on the processor, one to four minutes in all.
import { testBackend } from "@glimpsejs/conformance";
import { webgpuUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";

testBackend({
  plugin: ortWeb({ provider: "webgpu", urls: webgpuUrls }),
  skip: [
    {
      reason:
        "the provider's LayerNormalization computes the variance in one pass, which is 0.002 off where numbers are nearly equal",
      tests: [
        "blocks: layerNorm of nearly equal numbers, epsilon 1e-12 equals PyTorch",
        "blocks: layerNorm of nearly equal numbers, epsilon 1e-05 equals PyTorch",
      ],
    },
    {
      reason: "the provider's TopK takes the lowest number, and minus infinity, for no number: they get no index",
      tests: [
        "ops: topK equals the reference",
        "blocks: a decoder block equals the reference",
        "blocks: a decoder block with relative positions equals the reference",
      ],
    },
    {
      reason: "the provider cannot run attention over no keys at all, which no GIT graph has",
      tests: ["ops: attention of nothing equals the reference"],
    },
  ],
});
