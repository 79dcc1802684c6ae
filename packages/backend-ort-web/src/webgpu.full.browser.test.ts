// The conformance suite on onnxruntime-web's WebGPU provider in Chromium, on SwiftShader.
// Among the slow ones: SwiftShader compiles every shader on the processor, two to five minutes in all.
import { testBackend } from "@glimpsejs/conformance";
import { webgpuUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";

testBackend({ plugin: ortWeb({ provider: "webgpu", urls: webgpuUrls }) });
