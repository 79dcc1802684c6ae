// From what a call of Git is about to pixel values: decoded by the platform, prepared as the preset says. The frames of a
// clip and a batch of pictures are told apart by their form, never by their number.

import { GlimpseError } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import { float32, type HostTensor } from "@glimpsejs/graph";
import { type Clip, isClip } from "@glimpsejs/processor";
import type { GitProcessor } from "./git-processor.ts";
import { loadOnDemand } from "./load-on-demand.ts";
import { checkFrameCount } from "./pixel-values.ts";
import type { EncodeTaskOptions, Subject } from "./tasks.ts";

/** Frames that belong together: what loadClip() gives, or a list of pictures under the name `frames`. */
export type ClipSubject =
  | Clip
  | {
      /** Pictures in order, as the platform takes them. */
      readonly frames: readonly unknown[];
    };

/**
 * A picture or an array of pictures as float32 [B, 3, H, W], a clip or an array of clips as [B, F, 3, H, W]. The preset
 * "paper" departs from the size that `config` says. Throws "invalid-argument", "invalid-image", "invalid-clip", and what
 * the platform throws.
 */
export async function pixelValuesOf(
  subject: Subject,
  processor: GitProcessor,
  config: GitConfig,
  { preset, forQuestion, signal }: EncodeTaskOptions,
): Promise<HostTensor<"float32">> {
  const subjects: readonly unknown[] = Array.isArray(subject) ? subject : [subject];
  const clips = subjects.filter(isClipSubject);
  if (clips.length > 0) {
    if (clips.length < subjects.length) throw mixed(clips.length, subjects.length);
    for (const clip of clips) checkFrameCount(frameCount(clip), config);
    const imageProcessor =
      preset === "paper" ? (await loadOnDemand()).paperClipProcessor(processor) : processor.imageProcessor;
    const batch: HostTensor<"float32">[] = [];
    for (const clip of clips) {
      const frames = processor.frames(isClip(clip) ? clip : clip.frames, signal);
      batch.push(await imageProcessor.preprocessFrames(frames));
    }
    return joined(batch);
  }
  const pictures = await processor.pictures(subjects, signal);
  if (preset === "paper" && forQuestion) {
    const { paperQuestionPixels } = await loadOnDemand();
    return paperQuestionPixels(processor, pictures, config.visionConfig.imageSize);
  }
  return processor.imageProcessor.preprocess(pictures);
}

/** Whether a subject is a clip, by its frames. */
export function isClipSubject(subject: unknown): subject is ClipSubject {
  if (isClip(subject)) return true;
  return typeof subject === "object" && subject !== null && "frames" in subject && Array.isArray(subject.frames);
}

function frameCount(clip: ClipSubject): number {
  return isClip(clip) ? clip.timestamps.length : clip.frames.length;
}

function mixed(clips: number, subjects: number): GlimpseError {
  return new GlimpseError(
    {
      subject: "subjects",
      problem: "there are pictures and clips among them",
      got: `${clips} of ${subjects} are clips`,
      advice: "Pass pictures and clips in separate calls.",
    },
    { code: "invalid-argument" },
  );
}

/** Clips [1, F, 3, H, W] one after the other, [B, F, 3, H, W]. */
function joined(clips: readonly HostTensor<"float32">[]): HostTensor<"float32"> {
  const [first] = clips;
  if (first === undefined || clips.length === 1) return first ?? float32([], [0]);
  const shapes = clips.map(({ shape }) => shape.join(" × "));
  const problems = shapes.flatMap((shape, i) =>
    shape === shapes[0]
      ? []
      : {
          subject: `clip ${i}`,
          problem: "its frames differ from those of clip 0 in number or size",
          expected: shapes[0],
          got: shape,
          advice: "Sample the same number of frames of each, or pass them in separate calls.",
        },
  );
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  const data = new Float32Array(clips.length * first.data.length);
  clips.forEach((clip, i) => {
    data.set(clip.data, i * first.data.length);
  });
  return float32(data, [clips.length, ...first.shape.slice(1)]);
}
