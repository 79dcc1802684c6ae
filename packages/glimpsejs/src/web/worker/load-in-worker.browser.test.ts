// A model in a worker: the same calls, results and errors as on the page, and what only a worker can do wrong.
import { GlimpseError } from "@glimpsejs/base";
import { AbortedError } from "@glimpsejs/core";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load, loadClip, loadInWorker } from "../index.ts";

const picture = sampleFiles["pictures/02.png"]?.href ?? "";
const other = sampleFiles["pictures/04.png"] ?? new URL("https://missing.invalid");

async function refusal(promise: Promise<unknown>): Promise<GlimpseError> {
  const error = await promise.then(
    () => expect.fail("it was accepted"),
    (reason: unknown) => reason,
  );
  if (!GlimpseError.isInstance(error)) throw error;
  return error;
}

describe("a model in a worker", () => {
  let there: Awaited<ReturnType<typeof loadInWorker>>;
  let here: Awaited<ReturnType<typeof load>>;
  const phases = new Set<string>();
  beforeAll(async () => {
    there = await loadInWorker(undefined, { onProgress: ({ phase }) => phases.add(phase) });
    here = await load();
  });
  afterAll(async () => {
    await Promise.all([there.dispose(), here.dispose()]);
  });

  test("gives what the page gives: captions, answers, scores, ranks, classes, heat maps", async () => {
    const texts = ["a book on a white background", "a unicorn"];
    expect(await there.caption(picture)).toEqual(await here.caption(picture));
    expect(await there.caption([picture, other])).toEqual(await here.caption([picture, other]));
    const questions = ["what is this?", "what color is the background?"];
    expect(await there.answer(picture, questions)).toEqual(await here.answer(picture, questions));
    expect(await there.answer(picture, "what is this?", { maxNewTokens: 2 })).toEqual(
      await here.answer(picture, "what is this?", { maxNewTokens: 2 }),
    );
    expect(await there.score(picture, texts)).toEqual(await here.score(picture, texts));
    expect(await there.rank(picture, texts)).toEqual(await here.rank(picture, texts));
    expect(await there.classify(picture, texts)).toEqual(await here.classify(picture, texts));
    expect(await there.explain(picture)).toEqual(await here.explain(picture));
    expect(there.config).toMatchObject({ vocabSize: here.model.config.vocabSize });
    expect(there.notices).toEqual(here.notices);
    expect(phases).toContain("load");
  });

  test("takes what only a page has: elements, canvases, files, relative addresses", async () => {
    const { text } = await here.caption(picture);
    const image = Object.assign(new Image(), { src: picture });
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    canvas.getContext("2d")?.drawImage(image, 0, 0);
    const bytes = await (await fetch(picture)).blob();
    const relative = new URL(picture).pathname;
    for (const subject of [image, canvas, bytes, await createImageBitmap(bytes), relative, { frames: [image] }]) {
      if ("frames" in Object(subject))
        await refusal(there.caption(subject)); // this checkpoint is for stills
      else expect((await there.caption(subject)).text).toBe(text);
    }
  });

  test("keeps a picture encoded for any number of calls", async () => {
    using trunk = await there.encode(picture);
    expect(trunk.batch).toBe(1);
    expect((await there.caption(trunk)).text).toBe("a book on a white background");
    expect((await there.answer(trunk, ["what is this?"])).length).toBe(1);
    trunk.dispose();
    expect((await refusal(there.caption(trunk))).code).toMatch(/invalid-argument|disposed/);
  });

  test("streams piece by piece, and stops when the loop is left", async () => {
    const pieces: string[] = [];
    for await (const piece of there.stream(picture)) pieces.push(piece);
    expect(pieces.join("")).toBe("a book on a white background");
    expect(pieces.length).toBeGreaterThan(3);
    for await (const piece of there.stream(picture, { question: "what is this?" })) {
      expect(piece).not.toBe("");
      break;
    }
    expect((await there.caption(picture)).text).toBe("a book on a white background");
  });

  test("captions all of a source, whose items are asked for one by one, with progress and errors in their place", async () => {
    let asked = 0;
    async function* pictures() {
      for (const subject of [picture, new Blob(["no pixels"]), other.href]) {
        asked++;
        yield subject;
      }
    }
    const all = async (git: Pick<typeof here, "captionAll">) => {
      const progress: unknown[] = [];
      const results: object[] = [];
      const options = { batchSize: 2, question: "what is this?", onProgress: (told: unknown) => progress.push(told) };
      for await (const { index, result, error } of git.captionAll(pictures(), options)) {
        const { code, message } = (error ?? {}) as Partial<GlimpseError>;
        results.push({ index, result, code, message });
      }
      return { progress, results };
    };
    const expected = await all(here);
    expect(expected.results).toHaveLength(3);
    expect(await all(there)).toEqual(expected);
    asked = 0;
    for await (const { index } of there.captionAll(pictures(), { batchSize: 1 })) {
      expect(index).toBe(0);
      break;
    }
    expect(asked).toBeLessThan(3);
    const source = (async function* () {
      yield picture;
      throw new GlimpseError({ subject: "list", problem: "it ends badly" }, { code: "invalid-argument" });
    })();
    const failing = async () => {
      for await (const _ of there.captionAll(source));
    };
    expect((await refusal(failing())).message).toBe("list: it ends badly.");
    const nothing = async () => {
      for await (const _ of there.captionAll(5 as never));
    };
    expect((await refusal(nothing())).message).toContain("there is nothing to iterate");
  });

  test("F38: an abort crosses over, before, during and after a call; the next call works", async () => {
    expect(await refusal(there.caption(picture, { signal: AbortSignal.abort(new Error("no")) }))).toMatchObject({
      code: "aborted",
    });
    const controller = new AbortController();
    const generating = refusal(there.caption(picture, { signal: controller.signal, minNewTokens: 40 }));
    setTimeout(() => controller.abort(new Error("enough")), 150);
    const error = await generating;
    expect(error).toMatchObject({ code: "aborted", cause: new Error("enough") });
    controller.abort();
    const streaming = new AbortController();
    const pieces = async () => {
      for await (const _ of there.stream(picture, { signal: streaming.signal, minNewTokens: 40 })) streaming.abort();
    };
    expect(await refusal(pieces())).toBeInstanceOf(AbortedError);
    expect((await there.caption(picture)).text).toBe("a book on a white background");
  });

  test("errors keep their class, code and problems", async () => {
    const wrong = { maxNewTokens: -1, temperature: 0 };
    const [near, far] = await Promise.all([
      refusal(here.caption(picture, wrong)),
      refusal(there.caption(picture, wrong)),
    ]);
    expect(far).toMatchObject({ code: near.code, message: near.message, problems: near.problems });
    expect(await refusal(there.caption(new Blob(["<svg"])))).toMatchObject({ code: "invalid-image" });
    const callback = { onStep: () => {} } as object;
    const refused = await refusal(there.caption(picture, callback));
    expect(refused).toMatchObject({ code: "invalid-argument" });
    expect(refused.message).toContain("an argument cannot be sent to the worker");
    expect((await there.caption(picture)).text).toBe("a book on a white background");
  });
});

test("clips, as loadClip() gives them, and live sources, whose frames are given away", async () => {
  const folder = "/packages/demo-model/samples/";
  const { clips } = await (await fetch(`${folder}samples.json`)).json();
  const [{ file, reference_caption, questions }] = clips;
  await using there = await loadInWorker("demo:clips");
  await using here = await load("demo:clips");
  const clip = await loadClip(`${folder}${file}`);
  using trunk = await there.encode(clip);
  expect((await there.caption(trunk)).text).toBe(reference_caption);
  expect((await there.answer(trunk, String(questions[0].question))).text).toBe(questions[0].reference_answer);
  expect((await there.caption([clip]))[0]?.text).toBe(reference_caption);

  const texts = async (git: Pick<typeof here, "stream">) => {
    const given: ImageBitmap[] = [];
    let told = () => {};
    async function* frames() {
      for (const path of [picture, other]) {
        const bitmap = await createImageBitmap(await (await fetch(path)).blob());
        given.push(bitmap);
        const text = new Promise<void>((resolve) => {
          told = resolve;
        });
        yield bitmap;
        await text; // so that none is passed over
      }
    }
    const all: unknown[] = [];
    for await (const text of git.stream(frames(), { maxNewTokens: 4 })) {
      all.push(text);
      told();
    }
    expect(given.map(({ width }) => width)).toEqual([0, 0]);
    return all;
  };
  const expected = await texts(here);
  expect(expected).toHaveLength(2);
  expect(await texts(there)).toEqual(expected);
});

test("a checkpoint that cannot be loaded, an aborted load, an unknown option", async () => {
  expect(await refusal(loadInWorker("/nowhere/"))).toMatchObject({ code: "missing-file" });
  expect(await refusal(loadInWorker("not an id"))).toMatchObject({ code: "invalid-argument" });
  expect(await refusal(loadInWorker(undefined, { revison: "x" } as object))).toMatchObject({
    code: "invalid-argument",
  });
  const controller = new AbortController();
  const loading = refusal(loadInWorker(undefined, { signal: controller.signal }));
  controller.abort();
  expect(await loading).toMatchObject({ code: "aborted" });
});

test("F41: a worker that ends, or cannot be loaded, ends its calls; disposing twice, and calls after it", async () => {
  const nowhere = new Worker("/no-such-worker.js", { type: "module" });
  expect(await refusal(loadInWorker(undefined, { worker: nowhere }))).toMatchObject({ code: "backend" });
  const git = await loadInWorker();
  await Promise.all([git.dispose(), git.dispose()]);
  expect(await refusal(git.caption(picture))).toMatchObject({ code: "disposed" });
});
