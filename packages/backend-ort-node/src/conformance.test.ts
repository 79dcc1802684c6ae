// The conformance suite on onnxruntime-node.
import { testBackend } from "@glimpsejs/conformance";
import { ortNode } from "./index.ts";

testBackend({ plugin: ortNode() });
