// Everything wrong with one call is told in one error, before a picture is decoded or anything runs.
import { GlimpseError } from "@glimpsejs/base";
import { bind, type Git } from "@glimpsejs/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { somePixels, testPlatform } from "./support.ts";

const untouched = () => Promise.reject(new Error("a picture was decoded"));
let git: Git;
beforeAll(async () => {
  git = await bind(testPlatform({ picture: untouched })).load();
});
afterAll(() => git.dispose());

/** Subjects of all that a call says is wrong; `call` gets arguments that its types would refuse. */
async function subjects(call: (wrong: never) => unknown, wrong: unknown): Promise<readonly string[]> {
  try {
    await call(wrong as never);
  } catch (error) {
    if (!GlimpseError.isInstance(error, "invalid-argument")) throw error;
    return error.problems.map(({ subject }) => subject.replace(/^option "(\w+)"$/, "$1"));
  }
  throw new Error("nothing was wrong");
}

const frames = { [Symbol.asyncIterator]: () => ({ next: untouched }) };
const question = "fox ".repeat(80);
const several = { numBeam: 2, preset: "papers", temperature: 0, suppressTokens: [-1], signal: 5, maxNewTokens: 60 };
const found = ["numBeam", "signal", "preset", "temperature", "suppressTokens"];

test("caption() and answer()", async () => {
  expect(await subjects((o) => git.caption("a.png", o), several)).toEqual(found);
  expect(await subjects((o) => git.caption([], o), several)).toEqual(found);
  expect(await subjects((q) => git.answer("a.png", q, several as never), ["who?", 5])).toEqual([
    ...found.slice(0, 3),
    "question",
    ...found.slice(3),
  ]);
  expect(await subjects((q) => git.answer("a.png", q, { topP: 2 }), undefined)).toEqual(["topP", "question"]);
});

test("a wrong value hides no other", async () => {
  const wrong = { numBeams: 0, eosTokenId: 1e6, seed: 0.5, runAhead: -1 };
  expect(await subjects((o) => git.model.generate(o), wrong)).toEqual(["numBeams", "eosTokenId", "seed", "runAhead"]);
});

test("a question that is too long and impossible values", async () => {
  expect(await subjects((o) => git.answer("a.png", [question, question], o), { maxNewTokens: 9 })).toEqual([
    "generate()",
  ]);
  expect(await subjects((o) => git.answer("a.png", question, o), { colour: 1 })).toEqual(["colour", "generate()"]);
});

test("stream() of a picture and of a live source, explain()", async () => {
  const asked = { question: 7, windw: 1, topK: -1 };
  const wrong = ["windw", "question", "topK"];
  expect(await subjects((o) => git.stream("a.png", o).next(), asked)).toEqual(wrong);
  expect(await subjects((o) => git.explain("a.png", o), asked)).toEqual(wrong);
  const live = await subjects((o) => git.stream(frames, o).next(), { ...asked, window: 0 });
  expect(live.slice(0, 3)).toEqual(wrong);
});

test("captionAll()", async () => {
  const wrong = { batchSize: 0, onProgress: 1, minP: 3, question: {}, batchsize: 2 };
  expect(await subjects((o) => git.captionAll(5 as never, o), wrong)).toEqual([
    ...["batchsize", "question", "minP", "onProgress", "captionAll()", "batchSize"],
  ]);
});

test("encode(), rank() and process()", async () => {
  expect(await subjects((o) => git.encode("a.png", o), { preset: 1, forQuestion: "yes", size: 2 })).toEqual([
    ...["size", "preset", "forQuestion"],
  ]);
  expect(await subjects((o) => git.rank("a.png", ["a fox", ""], o), { question: 1, signals: 2 })).toEqual([
    ...["signals", "question", "score() text 1"],
  ]);
  const inputs = { images: ["a.png"], frames: [], txet: "", text: ["a"], padding: "short" };
  expect(await subjects((o) => git.processor.process(o), inputs)).toEqual([
    ...["txet", "process()", 'encode option "padding"'],
  ]);
  expect(await subjects((o) => git.processor.process(o), { images: [], maxLenght: 5 })).toEqual(["maxLenght"]);
});

test("generate(): options, tensors and prompts", async () => {
  const inputs = { pixelValues: somePixels(3, 4), inputIds: [[1], 2], doSample: "yes", interpolatePosEncoding: 1 };
  expect(await subjects((o) => git.model.generate(o), inputs)).toEqual([
    ...["doSample", "interpolatePosEncoding", "inputIds row 1"],
  ]);
  const long = Array.from({ length: 70 }, () => 5);
  expect(await subjects((o) => git.model.generate(o), { inputIds: [[1e6], [], [3]], minLength: -1 })).toEqual([
    ...["minLength", "inputIds row 0", "inputIds row 1"],
  ]);
  expect(await subjects((o) => git.model.generate(o), { inputIds: [long, [3], long.slice(1)] })).toEqual([
    ...["generate()", "generate()"],
  ]);
});
