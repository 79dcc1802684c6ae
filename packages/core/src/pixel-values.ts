// The shape of pixel values, checked before the image encoder runs, and cut to whole patches.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import { float32, type HostTensor } from "@glimpsejs/graph";
import { throwProblems } from "./options.ts";
import { float32Problems } from "./tensor-problems.ts";

/**
 * pixels [B, C, H, W] or clips [B, F, C, H, W] as [B, F, C, H, W], the same data. Throws "invalid-argument" listing
 * everything that is wrong with the sizes; other heights and widths than the model's are right with `interpolate`.
 */
export function checkPixelValues(
  pixels: HostTensor<"float32">,
  config: GitConfig,
  interpolate: boolean,
): HostTensor<"float32"> {
  const { imageSize, numChannels, patchSize } = config.visionConfig;
  const problems: Problem[] = [];
  const report = (problem: string, expected: string, got: string | number, advice?: string) =>
    problems.push({ subject: "pixelValues", problem, expected, got: String(got), advice });
  throwProblems(float32Problems("pixelValues", pixels));
  const { shape } = pixels;
  const isClip = shape.length === 5;
  if (shape.length !== 4 && !isClip) {
    report("the rank is wrong", "[B, C, H, W] or [B, F, C, H, W]", `[${shape.join(", ")}]`);
    throw new GlimpseError(problems, { code: "invalid-argument" });
  }
  const [batch = 0, frames = 0, channels = 0, height = 0, width = 0] = isClip
    ? shape
    : [shape[0] ?? 0, 1, ...shape.slice(1)];
  if (batch < 1 || frames < 1) report("there is no picture", "at least one", `[${shape.join(", ")}]`);
  if (channels !== numChannels) report("the number of channels is wrong", String(numChannels), channels);
  if (isClip) problems.push(...frameProblems("pixelValues", frames, config));
  const got = `${height} × ${width}`;
  if (interpolate && (height < patchSize || width < patchSize)) {
    report("the picture has the wrong size", `at least ${patchSize} × ${patchSize}`, got);
  }
  if (!interpolate && (height !== imageSize || width !== imageSize)) {
    const advice = "Set interpolatePosEncoding for other sizes.";
    report("the picture has the wrong size", `${imageSize} × ${imageSize}`, got, advice);
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  return float32(pixels.data, [batch, frames, channels, height, width]);
}

/** Throws "invalid-argument" for more frames than `config` has temporal embeddings for, before any is decoded. */
export function checkFrameCount(frames: number, config: GitConfig): void {
  throwProblems(frameProblems("clip", frames, config));
}

function frameProblems(subject: string, frames: number, config: GitConfig): Problem[] {
  const most = config.numImageWithEmbedding ?? 0;
  if (frames <= most) return [];
  const advice =
    most === 0
      ? 'This checkpoint is for still pictures; for clips load one that was trained on them, such as "demo:clips" or "microsoft/git-base-vatex".'
      : "Sample fewer frames.";
  const problem = "there are more frames than temporal embeddings";
  return [{ subject, problem, expected: `at most ${most}`, got: String(frames), advice }];
}

/** The top left height × width pixels of every frame of clip [B, F, C, H, W]. */
export function cropped(clip: HostTensor<"float32">, height: number, width: number): HostTensor<"float32"> {
  const [batch = 0, frames = 0, channels = 0, fullHeight = 0, fullWidth = 0] = clip.shape;
  if (height === fullHeight && width === fullWidth) return clip;
  const planes = batch * frames * channels;
  const data = new Float32Array(planes * height * width);
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < height; y++) {
      const start = (plane * fullHeight + y) * fullWidth;
      data.set(clip.data.subarray(start, start + width), (plane * height + y) * width);
    }
  }
  return float32(data, [batch, frames, channels, height, width]);
}
