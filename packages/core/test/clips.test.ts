// Clips on the demo checkpoint for them: their forms, their limits, and what is decoded for them.
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type ClipSubject, Git } from "@glimpsejs/core";
import { demoCheckpoints } from "@glimpsejs/demo-model";
import type { Clip, Picture } from "@glimpsejs/processor";
import { expect, test } from "vitest";
import { countingBackend, difference, emptyFolder, glimpse, testPlatform } from "./support.ts";

const folder = fileURLToPath(demoCheckpoints.clipCaptions);

function plain(shade: number): Picture {
  const data = Uint8Array.from({ length: 40 * 32 * 3 }, (_, i) => (i * shade) % 256);
  return { width: 40, height: 32, data };
}

const pictures = [plain(3), plain(7)];

/** What loadClip() would give for these pictures, with a count of those that were decoded. */
function clipOf(frames: readonly Picture[]): Clip & { decoded: number } {
  return {
    name: "clip",
    indices: frames.map((_, i) => i),
    timestamps: frames.map((_, i) => i),
    frameCount: frames.length,
    duration: frames.length,
    codec: "pictures",
    decoded: 0,
    async *frames() {
      for (const [index, picture] of frames.entries()) {
        this.decoded++;
        yield { ...picture, index, timestamp: index };
      }
    },
  };
}

const options = { maxNewTokens: 2 };

test("a clip and the list of its frames are the same to the model, and not a batch of pictures", async () => {
  const { plugin, runs } = countingBackend();
  await using git = await Git.load(testPlatform(), folder, { backend: plugin });
  const result = await git.caption(clipOf(pictures), options);
  expect(runs["vision"]).toBe(1);
  expect(await git.caption({ frames: pictures }, options)).toEqual(result);
  expect(await git.caption(pictures, options)).toHaveLength(2);
  const { pixelValues } = await git.processor.process({ frames: clipOf(pictures) });
  const listed = await git.processor.process({ frames: pictures });
  const batch = await git.processor.process({ images: pictures });
  expect(pixelValues?.shape.slice(0, 3)).toEqual([1, 2, 3]);
  expect(batch.pixelValues?.shape.slice(0, 2)).toEqual([2, 3]);
  if (pixelValues === undefined || listed.pixelValues === undefined) throw new Error("there are no pixel values");
  expect(difference(pixelValues, listed.pixelValues)).toBe(0);
});

test("one clip is encoded once for any number of questions; several clips are one batch", async () => {
  const { plugin, runs } = countingBackend();
  await using git = await Git.load(testPlatform(), folder, { backend: plugin });
  const clip = clipOf(pictures);
  const other = clipOf([plain(11), plain(5)]);
  using trunk = await git.encode(clip);
  const questions = ["a", "the", "is"];
  expect(await git.answer(trunk, questions, options)).toEqual(await git.answer(clip, questions, options));
  expect(runs["vision"]).toBe(2);
  const alone = [await git.caption(clip, options), await git.caption(other, options)];
  const together = await git.caption([clip, other], options);
  expect(runs["vision"]).toBe(5);
  expect(together.map(({ tokens }) => tokens)).toEqual(alone.map(({ tokens }) => tokens));
  await expect(git.caption([clip, clipOf([plain(1)])], options)).rejects.toThrow(
    /^clip 1: its frames differ from those of clip 0/,
  );
});

test("too many frames, none, and a mixture are refused before anything is decoded", async () => {
  await using git = await Git.load(testPlatform(), folder);
  const most = git.model.config.numImageWithEmbedding ?? 0;
  const long = clipOf(Array.from({ length: most + 1 }, () => plain(3)));
  await expect(git.caption(long)).rejects.toThrow(
    `clip: there are more frames than temporal embeddings, expected at most ${most}, got ${most + 1}. Sample fewer frames.`,
  );
  expect(long.decoded).toBe(0);
  await expect(git.caption({ frames: [] })).rejects.toThrow("frames: there are none");
  const mixture: readonly (ClipSubject | Picture)[] = [clipOf(pictures), plain(3)];
  await expect(git.caption(mixture)).rejects.toThrow(/pictures and clips among them, got 1 of 2 are clips/);
  await expect(git.processor.process({ frames: pictures, images: pictures })).rejects.toThrow(/both given/);
});

test("a VideoMAEImageProcessor config: frames are one clip, images a batch, both from -1 to 1", async () => {
  const copy = emptyFolder();
  await cp(folder, copy, { recursive: true });
  await rm(path.join(copy, "processor_config.json"));
  const config = {
    image_processor_type: "VideoMAEImageProcessor",
    size: { shortest_edge: 96 },
    crop_size: { height: 96, width: 96 },
    do_resize: true,
    resample: 2,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  };
  await writeFile(path.join(copy, "preprocessor_config.json"), JSON.stringify(config));
  const white: Picture = { width: 4, height: 4, data: new Uint8Array(48).fill(255) };
  for (const loader of [glimpse.AutoProcessor, glimpse.GitProcessor]) {
    const processor = await loader.fromPretrained(copy);
    const frames = await processor.process({ frames: [white, white] });
    const images = await processor.process({ images: [white, white] });
    expect(frames.pixelValues?.shape).toEqual([1, 2, 3, 96, 96]);
    expect(images.pixelValues?.shape).toEqual([2, 3, 96, 96]);
    expect(new Set(frames.pixelValues?.data)).toEqual(new Set([1]));
  }
});

test("a clip checkpoint without one of its temporal embeddings is refused, not filled with zeros", async () => {
  const copy = emptyFolder();
  await cp(folder, copy, { recursive: true });
  const config = JSON.parse(await readFile(path.join(copy, "config.json"), "utf8"));
  await writeFile(path.join(copy, "config.json"), JSON.stringify({ ...config, num_image_with_embedding: 7 }));
  await expect(Git.load(testPlatform(), copy)).rejects.toMatchObject({
    code: "invalid-weights",
    message: expect.stringContaining('weight "git.img_temporal_embedding.6": it is missing'),
  });
});

test("a checkpoint for stills says which ones are for clips", async () => {
  await using git = await Git.load(testPlatform());
  await expect(git.caption(clipOf(pictures))).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining('such as "demo:clips"'),
  });
});
