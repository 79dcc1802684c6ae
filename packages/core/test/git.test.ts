// The front door on the demo checkpoint, and what loading does with folders that lack files or hold wrong ones.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { GlimpseError } from "@glimpsejs/base";
import { bind, type Git } from "@glimpsejs/core";
import { demoCheckpoints, demoSamples } from "@glimpsejs/demo-model";
import { loadImage } from "@glimpsejs/processor/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { caseFolder, countingBackend, emptyFolder, glimpse, testPlatform } from "./support.ts";

interface Sample {
  readonly file: string;
  readonly reference_ids: readonly number[];
  readonly reference_caption: string;
  readonly questions: readonly { readonly question: string; readonly reference_answer: string }[];
}

const samples: readonly Sample[] = JSON.parse(readFileSync(new URL("samples.json", demoSamples), "utf8")).pictures;
const first = samples[0] as Sample;
const pictureOf = (sample: Sample) => new URL(sample.file, demoSamples);
const { plugin, runs } = countingBackend(ortNode());
let git: Git;

beforeAll(async () => {
  git = await bind(testPlatform({ backend: () => plugin, picture: (input) => loadImage(input as URL) })).load();
});
afterAll(() => git.dispose());

describe("caption() and answer()", () => {
  test("say what the reference implementation says, on every sample", async () => {
    const captions = await git.caption(samples.map(pictureOf));
    expect(captions.map(({ text }) => text)).toEqual(samples.map((s) => s.reference_caption));
    expect(captions.map(({ tokens }) => [git.processor.tokenizer.clsTokenId, ...tokens])).toEqual(
      samples.map((s) => s.reference_ids),
    );
    for (const sample of samples) {
      const answers = await git.answer(
        pictureOf(sample),
        sample.questions.map((q) => q.question),
      );
      expect(answers.map(({ text }) => text)).toEqual(sample.questions.map((q) => q.reference_answer));
    }
  });

  test("several questions share one encode, and a trunk shares it between calls", async () => {
    const questions = first.questions.map((q) => q.question);
    const before = runs["vision"] ?? 0;
    const answers = await git.answer(pictureOf(first), questions);
    expect((runs["vision"] ?? 0) - before).toBe(1);
    using trunk = await git.encode(pictureOf(first));
    for (const [i, question] of questions.entries()) {
      const alone = await git.answer(trunk, question);
      expect(alone.tokens).toEqual(answers[i]?.tokens);
      expect(alone.logProb).toBeCloseTo(answers[i]?.logProb ?? 0, 4);
    }
    expect((await git.caption(trunk)).text).toBe(first.reference_caption);
    expect((runs["vision"] ?? 0) - before).toBe(2);
    trunk.dispose();
    await expect(git.caption(trunk)).rejects.toThrow(/trunk: it was disposed/);
  });

  test("score is the log-probability per token", async () => {
    const { logProb, score, tokens } = await git.caption(pictureOf(first));
    expect(logProb).toBeLessThan(0);
    expect(score).toBeCloseTo(logProb / tokens.length, 10);
    expect(tokens.at(-1)).toBe(git.processor.tokenizer.sepTokenId);
  });

  test("beams find a text at least as likely, in one run of the image encoder", async () => {
    const before = runs["vision"] ?? 0;
    const beams = await git.caption(pictureOf(first), { numBeams: 4, lengthPenalty: 0 });
    expect((runs["vision"] ?? 0) - before).toBe(1);
    expect(beams.logProb).toBeGreaterThanOrEqual((await git.caption(pictureOf(first))).logProb - 1e-6);
    expect(beams.score).toBeCloseTo(beams.logProb, 5);
  });

  test("an option that is undefined is one that is not given", async () => {
    const plain = await git.caption(pictureOf(first), { minNewTokens: 30 });
    expect(plain.tokens.length).toBeGreaterThan(20);
    expect(
      await git.caption(pictureOf(first), { minNewTokens: 30, maxNewTokens: undefined, preset: undefined }),
    ).toMatchObject({
      tokens: plain.tokens,
    });
  });

  test("dispose() waits for calls under way", async () => {
    const other = await bind(
      testPlatform({ backend: () => ortNode(), picture: (input) => loadImage(input as URL) }),
    ).load();
    const caption = other.caption(pictureOf(first));
    await other.dispose();
    expect((await caption).text).toBe(first.reference_caption);
    await expect(other.caption(pictureOf(first))).rejects.toThrow(/it was disposed/);
  });

  test("several pictures at once are for caption() only, and the message says so", async () => {
    const both = samples.slice(0, 2).map(pictureOf);
    await expect(git.answer(both, "what is this?")).rejects.toThrow(
      /answer\(\): the number of pictures is wrong, expected 1, got 2/,
    );
    using trunk = await git.encode(both);
    await expect(git.caption(trunk)).rejects.toThrow(
      /caption\(\): the number of pictures is wrong.*Pass an array of pictures/,
    );
  });

  test("arguments of a wrong type are errors with a cure", async () => {
    await expect(git.answer(pictureOf(first), 5 as unknown as string)).rejects.toThrow(/a question is no text.*got 5/);
    await expect(git.caption(pictureOf(first), null as unknown as object)).rejects.toThrow(
      /options: they are no object.*got null/,
    );
    await expect(glimpse.load(undefined, { backend: "ort-node" as never })).rejects.toThrow(
      /a plugin such as ortNode\(\), got "ort-node"/,
    );
  });

  test("a wrong option or picture is an error, and the next call works", async () => {
    await expect(git.caption(pictureOf(first), { maxNewToken: 3 } as object)).rejects.toThrow(
      /Did you mean "maxNewTokens"/,
    );
    await expect(git.caption(new URL("nothing.png", demoSamples))).rejects.toSatisfy((e) =>
      GlimpseError.isInstance(e, "missing-file"),
    );
    expect((await git.caption(pictureOf(first))).text).toBe(first.reference_caption);
  });
});

describe("options of the front door", () => {
  test("that are undefined leave the defaults of caption() and of the preset", async () => {
    const undefinedOnes = { maxNewTokens: undefined, numBeams: undefined, preset: undefined };
    expect(await git.caption(pictureOf(first), undefinedOnes)).toEqual(await git.caption(pictureOf(first)));
    const paper = await git.caption(pictureOf(first), { preset: "paper" });
    expect(await git.caption(pictureOf(first), { ...undefinedOnes, preset: "paper" })).toEqual(paper);
    expect(paper.score).not.toBeCloseTo(paper.logProb / paper.tokens.length, 6); // GNMT's score, so there were beams
  });

  test("are checked before a picture is decoded, with the length of the question", async () => {
    const never = new URL("nothing.png", demoSamples);
    await expect(git.answer(never, "fox ".repeat(80))).rejects.toThrow(/a prompt of 81 tokens/);
    await expect(git.answer(never, ["who?", "fox ".repeat(80)])).rejects.toThrow(/a prompt of 81 tokens/);
    await expect(git.caption(never, { preset: "hugging" as "hf" })).rejects.toThrow(
      /preset.*hf or paper, got "hugging"/,
    );
    await expect(git.encode(never, { preset: "hugging" as "hf" })).rejects.toThrow(/there is no such preset/);
    await expect(git.encode(never, { forQuestions: true } as object)).rejects.toThrow(/Did you mean "forQuestion"/);
  });

  test("of an empty list of pictures or questions give an empty list", async () => {
    expect(await git.caption([])).toEqual([]);
    expect(await git.answer(pictureOf(first), [])).toEqual([]);
  });

  test("several pictures are encoded for questions of the paper too, and not scored as one", async () => {
    using trunk = await git.encode(samples.slice(0, 2).map(pictureOf), { preset: "paper", forQuestion: true });
    expect(trunk.batch).toBe(2);
    await expect(git.score(trunk, ["a fox"])).rejects.toThrow(
      /score\(\): the number of pictures is wrong, expected 1, got 2/,
    );
    await expect(git.score(samples.slice(0, 2).map(pictureOf), ["a fox"])).rejects.toThrow(/expected 1, got 2/);
  });

  test("process() wants a list of pictures", async () => {
    const images = "a.png" as unknown as string[];
    await expect(git.processor.process({ images })).rejects.toThrow(/pictures: they are no list.*Put one picture into/);
  });
});

describe("stream()", () => {
  test("its pieces joined are the caption, which is also returned", async () => {
    const stream = git.stream(pictureOf(first));
    const pieces: string[] = [];
    let next = await stream.next();
    for (; !next.done; next = await stream.next()) pieces.push(next.value);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(first.reference_caption);
    expect(next.value).toEqual(await git.caption(pictureOf(first)));
  });

  test("leaving the loop stops it, aborting rejects it, and calls in between are served", async () => {
    for await (const piece of git.stream(pictureOf(first), { question: "what is on the left?" })) {
      expect(piece).not.toBe("");
      expect((await git.caption(pictureOf(first))).text).toBe(first.reference_caption);
      break;
    }
    const controller = new AbortController();
    const aborted = (async () => {
      for await (const _ of git.stream(pictureOf(first), { signal: controller.signal })) controller.abort();
    })();
    await expect(aborted).rejects.toSatisfy((e) => GlimpseError.isInstance(e, "aborted"));
    expect((await git.caption(pictureOf(first))).text).toBe(first.reference_caption);
  });

  test("a stream that is aborted between two of its pieces tells the text so far", async () => {
    for (const options of [{}, { numBeams: 2 }]) {
      const controller = new AbortController();
      const reason = new Error("enough");
      const stream = git.stream(pictureOf(first), { ...options, signal: controller.signal });
      const pieces: string[] = [];
      if (!("numBeams" in options)) {
        for (let i = 0; i < 3; i++) pieces.push(String((await stream.next()).value));
      }
      controller.abort(reason);
      const error = await stream.next().catch((thrown: unknown) => thrown);
      if (!("numBeams" in options)) {
        expect(error).toMatchObject({ name: "AbortedError", code: "aborted", cause: reason, texts: [pieces.join("")] });
      } else expect(error).toMatchObject({ code: "aborted", cause: reason });
    }
    expect((await git.caption(pictureOf(first))).text).toBe(first.reference_caption);
  });

  test("an aborted generation tells the text so far", async () => {
    const controller = new AbortController();
    let steps = 0;
    const stopAfterFour = () => {
      if (++steps === 4) controller.abort();
    };
    const aborted = git.caption(pictureOf(first), { logitsProcessors: [stopAfterFour], signal: controller.signal });
    await expect(aborted).rejects.toMatchObject({ code: "aborted", texts: ["a light bulb to"] });
  });
});

describe("loading", () => {
  const copy = (...without: readonly string[]) => {
    const folder = emptyFolder();
    cpSync(fileURLToPath(demoCheckpoints.captions), folder, { recursive: true });
    for (const file of without) rmSync(path.join(folder, file));
    return folder;
  };

  test("a folder without processor and generation files loads with what its config.json implies, and says so", async () => {
    const folder = copy(
      "preprocessor_config.json",
      "processor_config.json",
      "generation_config.json",
      "tokenizer.json",
      "tokenizer_config.json",
    );
    await using bare = await bind(testPlatform({ picture: (input) => loadImage(input as URL) })).load(folder);
    expect(bare.notices).toEqual([
      { file: "generation_config.json", assumed: "the special tokens of config.json" },
      { file: "preprocessor_config.json", assumed: "CLIP preprocessing to 96 × 96 pixels" },
    ]);
    expect((await bare.caption(pictureOf(first))).text).toBe(first.reference_caption);
  });

  test("B16: without a vocabulary that can be assumed it is an error, before weights are looked at", async () => {
    const folder = copy("tokenizer.json", "vocab.txt", "model.safetensors");
    await expect(glimpse.load(folder)).rejects.toThrow(
      /neither tokenizer.json nor vocab.txt.*379 tokens is not BERT's/,
    );
  });

  test("B16: a tokenizer smaller than the model is told of, and errors of its files name the whole path", async () => {
    const folder = copy("tokenizer.json");
    const vocabulary = readFileSync(path.join(folder, "vocab.txt"), "utf8").trimEnd().split("\n");
    writeFileSync(path.join(folder, "vocab.txt"), vocabulary.slice(0, 370).join("\n"));
    const smaller = await glimpse.GitProcessor.fromPretrained(folder);
    expect(smaller.notices).toEqual([
      { file: "text for the last 9 of 379 tokens", assumed: "that they are never said" },
    ]);
    writeFileSync(path.join(folder, "vocab.txt"), "a\nb\n");
    await expect(glimpse.GitProcessor.fromPretrained(folder)).rejects.toThrow(path.join(folder, "vocab.txt"));
  });

  test("of 30,522 tokens the vocabulary is BERT's", async () => {
    const folder = emptyFolder();
    const config = { model_type: "git", vocab_size: 30522 };
    writeFileSync(path.join(folder, "config.json"), JSON.stringify(config));
    const processor = await glimpse.GitProcessor.fromPretrained(folder);
    expect(processor.notices.map((n) => n.file)).toContain("tokenizer.json");
    expect(processor.tokenizer.encode("two cats").inputIds).toEqual([101, 2048, 8870, 102]);
  });

  test.each([
    [
      "B15: config.json missing",
      (f: string) => rmSync(path.join(f, "config.json")),
      "missing-file",
      /a file is missing, expected config.json/,
    ],
    [
      "B15: duplicate keys",
      (f: string) => writeFileSync(path.join(f, "config.json"), '{"vocab_size":1,"vocab_size":2}'),
      "invalid-json",
      /stands twice/,
    ],
    [
      "B15: vocab_size is not the number of embedding rows",
      (f: string) => patch(f, { vocab_size: 400 }),
      "invalid-weights",
      /word_embeddings.*expected \[400, 192\], got \[379, 192\]/,
    ],
    [
      "B15: the tokenizer has more tokens than the model",
      (f: string) => patch(f, { vocab_size: 300 }),
      "invalid-tokenizer",
      /expected at most 300, got 379/,
    ],
    [
      "A10: wrong layer count",
      (f: string) => patch(f, { num_hidden_layers: 4 }),
      "invalid-weights",
      /encoder\.layer\.3\..*it is missing/,
    ],
    [
      "A14: a web page instead of weights",
      (f: string) => writeFileSync(path.join(f, "model.safetensors"), "<!DOCTYPE html><html>"),
      "invalid-weights",
      /model\.safetensors/,
    ],
  ] as const)("%s", async (_, spoil, code, message) => {
    const folder = copy();
    spoil(folder);
    const load = glimpse.load(folder);
    await expect(load).rejects.toThrow(message);
    await expect(load).rejects.toSatisfy((error) => GlimpseError.isInstance(error, code));
  });

  test("A10: a tied head that is stored with other values is believed, as the reference does", async () => {
    const folder = copy();
    patch(folder, { tie_word_embeddings: true });
    await using model = await glimpse.GitForCausalLM.fromPretrained(folder);
    expect(model.config.tieWordEmbeddings).toBe(false);
    await using tied = await glimpse.GitForCausalLM.fromPretrained(caseFolder("forward-tied"));
    expect(tied.config.tieWordEmbeddings).toBe(true);
  });

  test("a load that cannot fit into memory is refused before it starts", async () => {
    const small = bind(testPlatform({ availableMemory: () => 1e6 }));
    await expect(small.load()).rejects.toThrow(
      /does not fit into memory on the backend "reference", expected at most 1 MB, got an estimate of 23 MB/,
    );
  });

  test("progress goes from nothing to all bytes of the weights", async () => {
    const seen: { loaded: number; total: number | undefined }[] = [];
    await using model = await glimpse.GitModel.fromPretrained(undefined, {
      onProgress: ({ phase, loaded, total }) => phase === "load" && seen.push({ loaded, total }),
    });
    expect(model.config.vocabSize).toBe(379);
    expect(seen[0]).toEqual({ loaded: 0, total: 7_702_646 });
    expect(seen.at(-1)).toEqual({ loaded: 7_702_646, total: 7_702_646 });
    expect(seen.length).toBeGreaterThan(100);
    expect(seen.map((s) => s.loaded)).toEqual(seen.map((s) => s.loaded).toSorted((a, b) => a - b));
  });

  test("an unknown option is an error before anything is opened", async () => {
    const opened: unknown[] = [];
    const watched = bind(testPlatform({ open: (source) => Promise.reject(opened.push(source)) }));
    await expect(watched.load("microsoft/git-base", { revison: "x" } as object)).rejects.toThrow(
      /Did you mean "revision"/,
    );
    expect(opened).toEqual([]);
  });

  test("the processor saves what it loads", async () => {
    const folder = emptyFolder();
    const processor = await glimpse.AutoProcessor.fromPretrained();
    await processor.savePretrained(folder);
    cpSync(new URL("config.json", demoCheckpoints.captions), path.join(folder, "config.json"));
    const again = await glimpse.AutoProcessor.fromPretrained(folder);
    expect(again.imageProcessor.config).toEqual(processor.imageProcessor.config);
    expect(again.tokenizer.encode("a fox").inputIds).toEqual(processor.tokenizer.encode("a fox").inputIds);
    expect(again.notices).toEqual([]);
  });

  test("AutoModel, AutoConfig, AutoTokenizer and AutoImageProcessor read the same checkpoint", async () => {
    await using model = await glimpse.AutoModel.fromPretrained(caseFolder("forward-base"));
    expect(model.config).toEqual(await glimpse.AutoConfig.fromPretrained(caseFolder("forward-base")));
    expect((await glimpse.AutoTokenizer.fromPretrained()).vocabSize).toBe(379);
    expect((await glimpse.AutoImageProcessor.fromPretrained()).config.size).toEqual({ shortestEdge: 96 });
  });
});

function patch(folder: string, change: object): void {
  const file = path.join(folder, "config.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...change }));
}
