// captionAll(): order, batches, back-pressure, errors that stay alone, sources that fail, aborting and leaving.
import { readFileSync } from "node:fs";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { bind, type CaptionAllResult, type Git } from "@glimpsejs/core";
import { demoSamples } from "@glimpsejs/demo-model";
import { loadImage } from "@glimpsejs/processor/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countingBackend, testPlatform } from "./support.ts";

interface Sample {
  readonly file: string;
  readonly reference_caption: string;
  readonly questions: readonly { readonly question: string; readonly reference_answer: string }[];
}

const samples: readonly Sample[] = JSON.parse(readFileSync(new URL("samples.json", demoSamples), "utf8")).pictures;
const files = samples.map(({ file }) => new URL(file, demoSamples));
const captions = samples.map((sample) => sample.reference_caption);
const { plugin, runs, live } = countingBackend(ortNode());
let git: Git;

beforeAll(async () => {
  git = await bind(testPlatform({ backend: () => plugin, picture: (input) => loadImage(input as URL) })).load();
});
afterAll(() => git.dispose());

async function all(results: AsyncIterable<CaptionAllResult>): Promise<CaptionAllResult[]> {
  const list: CaptionAllResult[] = [];
  for await (const result of results) list.push(result);
  return list;
}

const texts = (results: readonly CaptionAllResult[]) => results.map(({ result }) => result?.text);

test.each([1, 3, 100])("captions in order, %i at a time, each as if alone", async (batchSize) => {
  const before = runs["vision"] ?? 0;
  const progress: number[] = [];
  const results = await all(git.captionAll(files, { batchSize, onProgress: (p) => progress.push(p.captioned) }));
  expect(texts(results)).toEqual(captions);
  expect(results.map(({ index }) => index)).toEqual(files.map((_, i) => i));
  expect((runs["vision"] ?? 0) - before).toBe(Math.ceil(files.length / batchSize));
  expect(progress.at(-1)).toBe(files.length);
  expect(live.size).toBe(0);
});

test("answers one question about all pictures, and captions none of none", async () => {
  const question = samples[0]?.questions[0]?.question ?? "";
  const answers = await all(git.captionAll(files.slice(0, 3), { question }));
  const alone = await Promise.all(files.slice(0, 3).map((file) => git.answer(file, question)));
  expect(texts(answers)).toEqual(alone.map(({ text }) => text));
  expect(await all(git.captionAll([]))).toEqual([]);
});

test("a picture that cannot be decoded or computed fails alone", async () => {
  const { processor } = git;
  const pictures = [files[0], new URL("missing.png", demoSamples), files[1], "nonsense", files[2]];
  const seen: unknown[] = [];
  const results = await all(git.captionAll(pictures, { batchSize: 3, onProgress: (p) => seen.push(p) }));
  expect(texts(results)).toEqual([captions[0], undefined, captions[1], undefined, captions[2]]);
  expect(results[1]?.error).toMatchObject({ problems: [expect.anything()] });
  expect(seen.at(-1)).toEqual({ captioned: 3, failed: 2 });
  // One picture of NaNs among good ones: the batch fails as a whole and is run again one by one.
  const original = processor.imageProcessor.preprocess.bind(processor.imageProcessor);
  let calls = 0;
  processor.imageProcessor.preprocess = (...input) => {
    const pixels = original(...input);
    if (++calls === 2) pixels.data.fill(Number.NaN);
    return pixels;
  };
  try {
    const computed = await all(git.captionAll(files.slice(0, 3)));
    // Whichever was decoded second has the NaNs.
    const failed = computed.findIndex(({ error }) => error !== undefined);
    expect(computed[failed]?.error).toMatchObject({ code: "non-finite" });
    expect(texts(computed)).toEqual(captions.slice(0, 3).map((text, i) => (i === failed ? undefined : text)));
  } finally {
    processor.imageProcessor.preprocess = original;
  }
});

/** Pictures without end, and how many were taken. */
function endless() {
  const state = { taken: 0, closed: false };
  async function* source() {
    try {
      for (;;) yield files[state.taken++ % files.length];
    } finally {
      state.closed = true;
    }
  }
  return { source: source(), state };
}

test("takes no more than two batches ahead, and closes the source when the reader leaves", async () => {
  const { source, state } = endless();
  for await (const { index } of git.captionAll(source, { batchSize: 2 })) {
    expect(state.taken).toBeLessThanOrEqual(2 * Math.floor(index / 2) + 4);
    if (index === 4) break;
  }
  expect(state.closed).toBe(true);
  expect(live.size).toBe(0);
});

test("a signal stops it between batches and closes the source", async () => {
  const { source, state } = endless();
  const controller = new AbortController();
  const got: number[] = [];
  const run = async () => {
    for await (const { index } of git.captionAll(source, { batchSize: 2, signal: controller.signal })) {
      got.push(index);
      if (index === 1) controller.abort();
    }
  };
  await expect(run()).rejects.toMatchObject({ code: "aborted" });
  expect(got).toEqual([0, 1]);
  expect(state.closed).toBe(true);
  expect(await git.caption(files[0])).toMatchObject({ text: captions[0] });
});

test("what the source throws comes after the results before it", async () => {
  function* failing() {
    yield files[0];
    yield files[1];
    throw new Error("disk gone");
  }
  const got: (string | undefined)[] = [];
  const run = async () => {
    for await (const { result } of git.captionAll(failing(), { batchSize: 8 })) got.push(result?.text);
  };
  await expect(run()).rejects.toThrow("disk gone");
  expect(got).toEqual(captions.slice(0, 2));
});

test("wrong calls fail at once", () => {
  const wrong = (source: unknown, options: object, message: RegExp) =>
    expect(() => git.captionAll(source as [], options)).toThrow(message);
  wrong(5, {}, /nothing to iterate/);
  wrong([], { batchSize: 0 }, /batchSize.*out of range/);
  wrong([], { batchsize: 4 }, /Did you mean "batchSize"/);
  wrong([], { numBeams: 0 }, /numBeams/);
  wrong([], { onProgress: 1, batchSize: 1.5 }, /onProgress[\s\S]*batchSize/);
});
