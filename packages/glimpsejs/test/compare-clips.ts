// The sample clips on one backend of a browser beside Node: frames, captions, ids and scores.
import type { BackendPlugin } from "@glimpsejs/backend";
import { expect } from "vitest";
import { commands } from "vitest/browser";
import { load, loadClip } from "../src/web/index.ts";

/** A sample clip as samples.json describes it. */
interface ClipSample {
  readonly file: string;
  /** The frames that the reference took. */
  readonly sampled: readonly number[];
  readonly reference_caption: string;
  readonly questions: readonly { readonly question: string; readonly reference_answer: string }[];
}

const folder = "/packages/demo-model/samples/";

/** What Node's interpreter says about every sample clip. */
export const nodeClips = await commands.nodeScores("clips");

/** The sample clips. */
export const clipSamples: readonly ClipSample[] = (await (await fetch(`${folder}samples.json`)).json()).clips;

/** Captions the clips and asks the first question about each; everything has to be as in Node and in the reference. */
export async function expectNodesClips(backend: BackendPlugin, samples = clipSamples): Promise<void> {
  await using git = await load("demo:clips", { backend });
  expect(git.backend.name).toBe(backend.name);
  for (const { file, sampled, reference_caption, questions } of samples) {
    const clip = await loadClip(`${folder}${file}`);
    expect(clip.indices, file).toEqual(sampled);
    using trunk = await git.encode(clip);
    const { text, tokens, score } = await git.caption(trunk);
    expect(text, file).toBe(reference_caption);
    expect(text, file).toBe(nodeClips[file]?.text);
    expect(tokens, file).toEqual(nodeClips[file]?.tokens);
    expect(Math.abs(score - (nodeClips[file]?.score ?? Number.NaN)), file).toBeLessThan(1e-4);
    for (const { question, reference_answer } of questions.slice(0, 1)) {
      expect((await git.answer(trunk, question)).text, file).toBe(reference_answer);
    }
  }
}
