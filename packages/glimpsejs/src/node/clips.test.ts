// The demo checkpoint for clips end to end: the sample files to the captions and answers of transformers, by the calls that
// a user makes, on both backends.
import { readFile } from "node:fs/promises";
import { demoSamples } from "@glimpsejs/demo-model";
import { expect, test } from "vitest";
import { load, loadClip, ortNode, reference } from "./index.ts";

interface Samples {
  readonly clips: readonly {
    readonly file: string;
    readonly sampled: readonly number[];
    readonly reference_caption: string;
    readonly questions: readonly { readonly question: string; readonly reference_answer: string }[];
  }[];
}

const { clips }: Samples = JSON.parse(await readFile(new URL("samples.json", demoSamples), "utf8"));

test.each([
  ["ort-node", ortNode({ threads: 1 })],
  ["reference", reference()],
])(
  "every sample clip has the reference's caption and answers on %s",
  async (_, backend) => {
    await using git = await load("demo:clips", { backend });
    expect(clips).toHaveLength(6);
    for (const { file, sampled, reference_caption, questions } of clips) {
      const clip = await loadClip(new URL(file, demoSamples));
      expect(clip.indices).toEqual(sampled);
      using trunk = await git.encode(clip);
      expect((await git.caption(trunk)).text).toBe(reference_caption);
      const answers = await git.answer(
        trunk,
        questions.map(({ question }) => question),
      );
      expect(answers.map(({ text }) => text)).toEqual(questions.map(({ reference_answer }) => reference_answer));
    }
  },
  120_000,
);

test("the demo checkpoint for pictures refuses a clip and names the one for clips", async () => {
  await using git = await load();
  const clip = await loadClip(new URL("clips/01.mp4", demoSamples));
  await expect(git.caption(clip)).rejects.toThrow(/This checkpoint is for still pictures.*"demo:clips"/);
  await expect(load("demo:clip")).rejects.toThrow(/"demo:captions" or "demo:clips"/);
});
