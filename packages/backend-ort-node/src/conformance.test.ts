// The conformance suite on onnxruntime-node, with 4-bit weights as they are, and with those of graphs that carry nothing
// rounded to 8 bits, which is the default.
import { testBackend } from "@glimpsejs/conformance";
import { ortNode } from "./index.ts";

testBackend({ plugin: ortNode({ compact: true }) });
testBackend({
  plugin: ortNode(),
  skip: [
    {
      reason: "4-bit weights become 8-bit ones at load, which moves them; quantized.test.ts says how far",
      tests: ["ops: quantizedLinear equals the reference", "ops: quantizedLinear of nothing equals the reference"],
    },
  ],
});
