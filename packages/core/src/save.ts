// savePretrained(): a model's files as the Hub has them. Streams weights, so a checkpoint is never whole in memory.
import { GitConfig } from "@glimpsejs/config";
import { quantizationConfig, quantizationField } from "@glimpsejs/model";
import { streamSafetensors } from "@glimpsejs/weights";
import type { Engine } from "./engine.ts";
import type { FileSink } from "./platform.ts";

/** Writes config.json and model.safetensors; the weights in the form in which the model is kept. */
export async function saveModel(sink: FileSink, engine: Engine): Promise<void> {
  const { [quantizationField]: _, ...json } = GitConfig.toJson(engine.config);
  const { dtype } = engine;
  const described = dtype === "int8" || dtype === "int4" ? { [quantizationField]: quantizationConfig(dtype) } : {};
  await writeJson(sink, "config.json", { ...json, ...(dtype === "fp16" && { dtype: "float16" }), ...described });
  await sink.write("model.safetensors", streamSafetensors(engine.stored, { format: "pt" }));
}

/** Writes one JSON file, indented as transformers writes it. */
export async function writeJson(sink: FileSink, file: string, json: unknown): Promise<void> {
  await sink.write(file, [new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)]);
}
