// The conformance suite on onnxruntime-web's WebAssembly in Chromium, on a plain page: one thread.
import { testBackend } from "@glimpsejs/conformance";
import { wasmUrls } from "./assets.ts";
import { ortWeb } from "./index.ts";

testBackend({
  plugin: ortWeb({ provider: "wasm", urls: wasmUrls }),
  skip: [
    {
      reason:
        "weights of 4 bits become 8 bits with one scale per row at load, as products of 4 bits are slow in WebAssembly",
      tests: ["ops: quantizedLinear equals the reference", "ops: quantizedLinear of nothing equals the reference"],
    },
  ],
});
