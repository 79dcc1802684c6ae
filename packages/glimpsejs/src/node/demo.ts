// `npm run demo`: what Glimpse does, shown on the bundled checkpoints before anything is explained.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { demoModelLimits, demoSamples } from "@glimpsejs/demo-model";
import { load, loadClip } from "./index.ts";

interface Samples {
  readonly clips: readonly { readonly file: string; readonly questions: readonly { readonly question: string }[] }[];
  readonly pictures: readonly { readonly file: string; readonly questions: readonly { readonly question: string }[] }[];
}

/** Captions the sample pictures and a clip, and asks two questions about one of each. Resolves to the exit code. */
export async function runDemo(): Promise<number> {
  const started = performance.now();
  await using git = await load();
  console.log(`\nLoaded the demo checkpoint in ${since(started)}.\n`);

  const samples: Samples = JSON.parse(await readFile(new URL("samples.json", demoSamples), "utf8"));
  for (const { file } of samples.pictures) {
    const start = performance.now();
    const { text, score } = await git.caption(new URL(file, demoSamples));
    console.log(
      `${path.basename(file).padEnd(8)} ${text.padEnd(66)} score ${score.toFixed(2).padStart(5)} ${since(start).padStart(7)}`,
    );
  }

  const [first] = samples.pictures;
  if (first !== undefined) {
    const picture = new URL(first.file, demoSamples);
    const questions = first.questions.slice(0, 2).map((q) => q.question);
    console.log(`\nTwo questions about ${path.basename(first.file)}, one encode:`);
    const start = performance.now();
    const answers = await git.answer(picture, questions);
    for (const [i, { text, score }] of answers.entries()) {
      console.log(`  ${(questions[i] ?? "").padEnd(40)} ${text.padEnd(20)} score ${score.toFixed(2).padStart(5)}`);
    }
    console.log(`  ${since(start)}`);
  }

  await showClip(samples);

  console.log(`\n${demoModelLimits}`);
  console.log("A real checkpoint, downloaded on first use:");
  console.log("  npx glimpse caption photo.jpg --model microsoft/git-base-coco");
  return 0;
}

/** One clip, with the checkpoint that was trained on clips. */
async function showClip({ clips: [sample] }: Samples): Promise<void> {
  if (sample === undefined) return;
  await using git = await load("demo:clips");
  const start = performance.now();
  const clip = await loadClip(new URL(sample.file, demoSamples));
  using trunk = await git.encode(clip);
  const { text, score } = await git.caption(trunk);
  const { frameCount, indices, duration } = clip;
  console.log(`\nA clip, ${path.basename(sample.file)}: ${duration} s, ${indices.length} of ${frameCount} frames`);
  console.log(`  ${text.padEnd(61)} score ${score.toFixed(2).padStart(5)} ${since(start).padStart(7)}`);
  const questions = sample.questions.map((q) => q.question);
  for (const [i, answer] of (await git.answer(trunk, questions)).entries()) {
    console.log(
      `  ${(questions[i] ?? "").padEnd(40)} ${answer.text.padEnd(20)} score ${answer.score.toFixed(2).padStart(5)}`,
    );
  }
}

function since(start: number): string {
  return `${Math.round(performance.now() - start)} ms`;
}
