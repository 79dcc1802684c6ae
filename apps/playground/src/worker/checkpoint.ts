// From a source that a person chose to the files of a checkpoint. The bundled ones are fetched whole, each file with its
// progress: a few megabytes beside the page.
import { GlimpseError } from "@glimpsejs/base";
import type { CheckpointFiles } from "@glimpsejs/weights";
import { openFiles, openHub } from "@glimpsejs/weights/web";
import type { FileProgress, Source } from "../port/protocol.ts";

/** How a checkpoint is opened. */
export interface OpenSourceOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FileProgress) => void;
}

/** Opens it. Throws what the Hub, the disk and the network have to say. */
export async function openSource(source: Source, { signal, onProgress }: OpenSourceOptions): Promise<CheckpointFiles> {
  if (source.kind === "folder") return openFiles(source.files);
  if (source.kind === "hub") return openHub(source.id, { signal, onProgress });
  const folder = source.kind === "demo" ? "captions" : "clip-captions";
  const fetchOne = (file: string) => fetchWhole(`demo/models/${folder}/${file}`, file, { signal, onProgress });
  return openFiles(await Promise.all(demoFiles.map(fetchOne)));
}

/** Files of a bundled checkpoint that are used. */
const demoFiles = [
  "config.json",
  "generation_config.json",
  "preprocessor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "model.safetensors",
];

/** A file of this site, by its path from the page. */
async function fetchWhole(path: string, name: string, { signal, onProgress }: OpenSourceOptions): Promise<File> {
  // The worker lies in a folder beside the page.
  const url = new URL(`../${path}`, globalThis.location.href);
  const failed = (problem: string, cause?: unknown) =>
    new GlimpseError({ subject: name, problem, advice: "Reload the page." }, { code: "download", cause });
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || response.body === null) throw failed(`the server answered with status ${response.status}`);
    const total = Number(response.headers.get("content-length")) || undefined;
    const chunks: BlobPart[] = [];
    let loaded = 0;
    for await (const chunk of response.body) {
      chunks.push(chunk);
      loaded += chunk.length;
      onProgress({ file: name, loaded, total });
    }
    return new File(chunks, name);
  } catch (error) {
    if (GlimpseError.isInstance(error)) throw error;
    if (signal.aborted)
      throw new GlimpseError(
        { subject: name, problem: "it was aborted by its signal" },
        { code: "aborted", cause: error },
      );
    throw failed("it could not be fetched", error);
  }
}
