// From what a call of Git is about to pixel values: decoded by the platform, prepared as the preset says.
import type { HostTensor } from "@glimpsejs/graph";
import type { GitProcessor } from "./git-processor.ts";
import { paperClipProcessor, paperQuestionPixels } from "./presets.ts";
import type { EncodeTaskOptions, Subject } from "./tasks.ts";

/**
 * A picture or an array of pictures as float32 [B, 3, H, W], a clip as [1, F, 3, H, W]. `imageSize` is the model's,
 * which the preset "paper" departs from. Throws "invalid-argument", "invalid-image", and what the platform throws.
 */
export async function pixelValuesOf(
  subject: Subject,
  processor: GitProcessor,
  imageSize: number,
  { preset, forQuestion, signal }: EncodeTaskOptions,
): Promise<HostTensor<"float32">> {
  const { imageProcessor } = processor;
  if (isClip(subject)) {
    const frames = await processor.pictures(subject.frames, signal);
    return (preset === "paper" ? paperClipProcessor(processor) : imageProcessor).preprocessClip(frames);
  }
  const pictures = await processor.pictures(Array.isArray(subject) ? subject : [subject], signal);
  if (preset === "paper" && forQuestion) return paperQuestionPixels(processor, pictures, imageSize);
  return imageProcessor.preprocess(pictures);
}

/** A clip is told from a picture by its frames. */
function isClip(subject: Subject): subject is { readonly frames: readonly unknown[] } {
  return typeof subject === "object" && subject !== null && "frames" in subject && Array.isArray(subject.frames);
}
