// A clip in a real Chromium: the same calls and the same caption as in Node.
import { expect, test } from "vitest";
import { load, loadClip } from "./index.ts";

test("the sample clips have the captions and answers that they have in Node", async () => {
  const folder = "/packages/demo-model/samples/";
  const { clips } = await (await fetch(`${folder}samples.json`)).json();
  await using git = await load("demo:clips");
  for (const { file, sampled, reference_caption, questions } of [clips[0], clips[5]]) {
    const clip = await loadClip(`${folder}${file}`);
    expect(clip.indices).toEqual(sampled);
    using trunk = await git.encode(clip);
    expect((await git.caption(trunk)).text).toBe(reference_caption);
    const [{ question, reference_answer }] = questions;
    expect((await git.answer(trunk, String(question))).text).toBe(reference_answer);
  }
});
