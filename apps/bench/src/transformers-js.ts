// A caption by transformers.js, where that package is installed: another model, since it has no GIT, so its times stand
// beside ours without a ratio and without ids to check. Measured in turns of its own, after all others.
import { existsSync } from "node:fs";
import path from "node:path";
import { type OtherModel, spread } from "./result.ts";

/** What is used of the package @huggingface/transformers. */
export interface TransformersJs {
  readonly env: { version: string; localModelPath: string; allowRemoteModels: boolean };
  readonly RawImage: new (data: Uint8ClampedArray, width: number, height: number, channels: number) => object;
  pipeline(task: "image-to-text", model: string, options: { dtype: string; device: string }): Promise<Captioner>;
}

type Captioner = (image: object, options: { max_new_tokens: number; min_new_tokens: number }) => Promise<unknown>;

/** The package, found where the bench is run; it is no dependency. Rejects where it is not installed. */
export async function importTransformersJs(name = "@huggingface/transformers"): Promise<TransformersJs> {
  return import(name);
}

/**
 * Loads `model`, a folder or an id on the Hub, in float32, and captions one picture of 224 × 224 pixels, once and then
 * `rounds` times. Rejects as the package does.
 */
export async function measureTransformersJs(
  { env, RawImage, pipeline }: TransformersJs,
  model: string,
  { tokens, rounds }: { readonly tokens: number; readonly rounds: number },
): Promise<OtherModel> {
  const isFolder = existsSync(model);
  if (isFolder) {
    env.localModelPath = path.dirname(path.resolve(model));
    env.allowRemoteModels = false;
  }
  const start = performance.now();
  const name = isFolder ? path.basename(path.resolve(model)) : model;
  const caption = await pipeline("image-to-text", name, { dtype: "fp32", device: "cpu" });
  const load = performance.now() - start;
  const side = 224;
  const pixels = Uint8ClampedArray.from({ length: 3 * side * side }, (_, i) => (i * 7) % 251);
  const times: number[] = [];
  for (let run = 0; run <= rounds; run++) {
    const begun = performance.now();
    await caption(new RawImage(pixels, side, side, 3), { max_new_tokens: tokens, min_new_tokens: tokens });
    times.push(performance.now() - begun);
  }
  const [first = 0, ...others] = times;
  return { name: `transformers.js ${env.version}, ${name}`, load, first, ms: spread(others) };
}
