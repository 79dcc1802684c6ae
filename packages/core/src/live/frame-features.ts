// What the image encoder made of one frame, kept on the host. It does not depend on the frame's place in a clip: temporal
// embeddings are added after the encoder. So a window that slides over a live source encodes every frame once.
import { float32, type HostTensor } from "@glimpsejs/graph";
import type { EncodeOptions, Engine } from "../engine.ts";
import { readFloats } from "../logits.ts";

/** Features of one frame, float32 [1, P + 1, Dv], without a temporal embedding. Memory of the host; nothing to free. */
export type FrameFeatures = HostTensor<"float32">;

/** Encodes one frame, pixelValues float32 [1, 3, H, W]. */
export async function encodeFrame(
  engine: Engine,
  pixelValues: HostTensor<"float32">,
  options: EncodeOptions,
): Promise<FrameFeatures> {
  const { lastHiddenState } = await engine.encode("vision", pixelValues, options, ["lastHiddenState"]);
  return readFloats(lastHiddenState);
}

/**
 * The features of a clip of these frames, oldest first, float32 [1, F · (P + 1), Dv]: those of each frame and the temporal
 * embedding of its place, `temporal` float32 [F, 1, Dv], as the vision graph adds it.
 */
export function clipFeatures(frames: readonly FrameFeatures[], temporal: HostTensor<"float32">): HostTensor<"float32"> {
  const [, tokens = 0, width = 0] = frames[0]?.shape ?? [];
  const data = new Float32Array(frames.length * tokens * width);
  for (const [i, frame] of frames.entries()) {
    const start = i * tokens * width;
    for (let at = 0; at < tokens * width; at++) {
      data[start + at] = (frame.data[at] ?? 0) + (temporal.data[i * width + (at % width)] ?? 0);
    }
  }
  return float32(data, [1, frames.length * tokens, width]);
}
