// A model in a worker: the same calls, results and errors as on the page, and what only a worker can do wrong.
import { GlimpseError } from "@glimpsejs/base";
import { AbortedError } from "@glimpsejs/core";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load, loadInWorker } from "../index.ts";

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
