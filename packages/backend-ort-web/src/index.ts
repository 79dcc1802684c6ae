// Runs Glimpse graphs on onnxruntime-web. This file only lists the public names.
export { type OrtWebModule, type OrtWebOptions, type OrtWebProvider, type OrtWebUrls, ortWeb } from "./ort-web.ts";
