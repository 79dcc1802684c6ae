// savePretrained(): a model's files as the Hub has them. Streams weights, so a checkpoint is never whole in memory.
import { GitConfig } from "@glimpsejs/config";
import { streamSafetensors } from "@glimpsejs/weights";
import type { Engine } from "./engine.ts";
import type { FileSink } from "./platform.ts";

/** Writes config.json and model.safetensors. */
export async function saveModel(sink: FileSink, engine: Engine): Promise<void> {
  await writeJson(sink, "config.json", GitConfig.toJson(engine.config));
  await sink.write("model.safetensors", streamSafetensors(engine.weights, { format: "pt" }));
}

/** Writes one JSON file, indented as transformers writes it. */
export async function writeJson(sink: FileSink, file: string, json: unknown): Promise<void> {
  await sink.write(file, [new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`)]);
}
