// Options of generation on the command line, and the commands about given texts and about where the model looked.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { toPicture } from "@glimpsejs/processor";
import { loadImage } from "@glimpsejs/processor/node";
import { describe, expect, test } from "vitest";
import { parseArguments } from "../src/arguments.ts";
import { caption } from "../src/commands/caption.ts";
import { glimpse, sample, sampleClip, temporaryFolder } from "./support.ts";

const text = "a light bulb to the left of a helicopter on a white background";
const question = "what is on the left?";

describe("options of generation", () => {
  test("are read as caption() takes them", () => {
    const argv =
      "caption a.jpg --preset paper --num-beams 4 --length-penalty -0.5 --early-stopping never --sample --seed 7 " +
      "--temperature .5 --top-k 0 --top-p 9e-1 --min-new-tokens 0 --stop-string cat --max-time 1.5";
    expect(parseArguments(argv.split(" "), [caption])).toMatchObject({
      call: {
        options: {
          generation: {
            preset: "paper",
            numBeams: 4,
            lengthPenalty: -0.5,
            earlyStopping: "never",
            doSample: true,
            seed: 7,
            temperature: 0.5,
            topK: 0,
            topP: 0.9,
            minNewTokens: 0,
            stopStrings: "cat",
            maxTime: 1.5,
          },
        },
      },
    });
  });

  test("change what is generated", async () => {
    const textsOf = async (...options: string[]) => {
      const { out } = await glimpse(["caption", sample("01.png"), "--json", ...options]);
      return JSON.parse(out)[0];
    };
    expect((await textsOf("--num-beams", "3")).text).toBe(text);
    expect((await textsOf("--stop-string", "left")).text).toBe("a light bulb to the left");
    expect((await textsOf("--no-repeat-ngram-size", "1")).text).not.toBe(text);
    const paper = await textsOf("--preset", "paper");
    expect(paper.text).toBe(text);
    expect(paper.score).toBeCloseTo(paper.logProb / ((5 + paper.tokens.length) / 6) ** 0.6, 5);
    const drawn = await Promise.all(
      [1, 1, 2].map((seed) => textsOf("--sample", "--temperature", "3", "--seed", `${seed}`)),
    );
    expect(drawn[0].text).toBe(drawn[1].text);
    expect(drawn[0].text).not.toBe(drawn[2].text);
  });

  test("that are wrong are told all at once, before anything is loaded, or with the model's reason", async () => {
    const wrong = ["--num-beams", "0", "--temperature", "hot", "--early-stopping", "maybe"];
    const { code, err } = await glimpse(["caption", sample("01.png"), ...wrong]);
    expect(code).toBe(2);
    expect(err).toMatch(/--num-beams.*whole number from 1.*true, false or never.*--temperature.*a number, got "hot"/s);
    const { code: impossible, err: reason } = await glimpse(["caption", sample("01.png"), "--top-p", "7"]);
    expect([impossible, reason]).toEqual([1, expect.stringContaining('option "topP"')]);
    expect((await glimpse(["caption", sample("01.png"), "--preset", "pape"])).err).toContain("there is no such preset");
  });
});

describe("glimpse classify", () => {
  test("prints labels by probability, those of a file too", async () => {
    const labels = path.join(temporaryFolder(), "labels.txt");
    writeFileSync(labels, `a book on a white background\n\n${text}\r\n`);
    const { code, out } = await glimpse(["classify", sample("01.png"), "a cat", "--labels", labels]);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(new RegExp(`^100\\.0 %  ${text}  log-probability -0\\.\\d\\d$`));
    const limited = await glimpse([
      "classify",
      sample("01.png"),
      "a cat",
      "--labels",
      labels,
      "--limit",
      "1",
      "--json",
    ]);
    expect(JSON.parse(limited.out)).toMatchObject([{ label: text, index: 2 }]);
  });

  test("a question makes the labels answers", async () => {
    const argv = ["classify", sample("01.png"), "a light bulb", "a helicopter", "--question"];
    expect((await glimpse([...argv, question])).out).toMatch(/^ *\d+\.\d % {2}a light bulb/);
    expect((await glimpse([...argv, "what is on the right?"])).out).toMatch(/^ *\d+\.\d % {2}a helicopter/);
  });

  test("no labels, and labels without a token, are errors", async () => {
    expect(await glimpse(["classify", sample("01.png")])).toMatchObject({ code: 2, out: "" });
    const { code, err } = await glimpse(["classify", sample("01.png"), "cat", " "]);
    expect([code, err]).toEqual([1, expect.stringContaining("text 1: it holds no token")]);
    expect((await glimpse(["classify", sample("01.png"), "--labels", "none.txt"])).code).toBe(1);
  });
});

test("glimpse rank and score print texts with perplexity, sorted and as given", async () => {
  const texts = ["a book on a white background", text];
  const ranked = (await glimpse(["rank", sample("01.png"), ...texts])).out.trimEnd().split("\n");
  expect(ranked[0]).toMatch(new RegExp(`^ *1\\.\\d\\d  ${text}  log-probability -0\\.\\d\\d, 14 tokens$`));
  const scored = JSON.parse((await glimpse(["score", sample("01.png"), ...texts, "--json"])).out);
  expect(scored.map((s: { text: string }) => s.text)).toEqual(texts);
  expect(scored[1].logProbs).toHaveLength(14);
});

describe("glimpse explain", () => {
  test("writes a picture for each word", async () => {
    const folder = path.join(temporaryFolder(), "new", "maps");
    const { code, out } = await glimpse(["explain", sample("01.png"), "--folder", folder]);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toMatch(new RegExp(`^${text}  score -0\\.\\d\\d$`));
    expect(lines).toHaveLength(1 + text.split(" ").length);
    expect(lines[2]).toMatch(/^ {2}light +\S+01\.02-light\.png {2}\d+ % of its attention on the picture$/);
    const png = toPicture(await loadImage(readFileSync(path.join(folder, "01.02-light.png"))));
    expect([png.width, png.height]).toEqual([96, 96]);
    expect(existsSync(path.join(folder, "01.13-background.png"))).toBe(true);
  });

  test("writes a picture for each word and frame of a clip", async () => {
    const folder = temporaryFolder();
    const argv = ["explain", sampleClip("01.mp4"), "--frames", "2", "--max-new-tokens", "2", "--folder", folder];
    const { code, out } = await glimpse(argv);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^a butterfly {2}score -?\d\.\d\d, 2 of 24 frames$/);
    expect(lines[2]).toMatch(
      /^ {2}butterfly {2}\S+01\.02-butterfly\.1\.png … \S+01\.02-butterfly\.2\.png {2}\d+ % of its attention on the clip$/,
    );
    expect(readdirSync(folder).toSorted()).toEqual(
      ["01-a.1", "01-a.2", "02-butterfly.1", "02-butterfly.2"].map((name) => `01.${name}.png`),
    );
    const [first, second] = ["1", "2"].map((frame) => readFileSync(path.join(folder, `01.02-butterfly.${frame}.png`)));
    expect(first).not.toEqual(second);
    const json = JSON.parse((await glimpse([...argv.slice(0, 6), "--json"])).out);
    expect(json.clip.frames).toEqual([0, 23]);
    expect(json.words[1].heatMap).toMatchObject({ frames: 2, rows: 8, columns: 8 });
  });

  test("prints the maps as numbers, and draws nothing nobody asked for", async () => {
    const { out } = await glimpse(["explain", sample("01.png"), "--question", question, "--json"]);
    const { text: answer, words } = JSON.parse(out);
    expect(answer).toBe("a light bulb");
    expect(words.map(({ word }: { word: string }) => word)).toEqual(["a", "light", "bulb"]);
    expect(words[0].heatMap).toMatchObject({ frames: 1, rows: 8, columns: 8 });
    expect(words[0].heatMap.data).toHaveLength(64);
    expect(words[0].png).toBeUndefined();
  });
});
