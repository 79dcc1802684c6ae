// `glimpse eval` from data set to table: what is read, what is kept in a file, how a run goes on, and what is refused.
import { readFileSync, writeFileSync } from "node:fs";
import { appendFile, copyFile } from "node:fs/promises";
import path from "node:path";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { describe, expect, test } from "vitest";
import { choice, files, glimpse as onReference, sample, temporaryFolder } from "./support.ts";

/** Runs the command on the fast backend. */
const glimpse: typeof onReference = (argv, overrides, isTTY) =>
  onReference(argv, { backends: [choice(ortNode({ threads: 1 }))], ...overrides }, isTTY);

/** A folder with two pictures and, in `name`, what `text` says. Resolves to the path of that file. */
async function dataSet(name: string, text: string): Promise<string> {
  const folder = temporaryFolder();
  for (const picture of ["01.png", "02.png"]) await copyFile(sample(picture), path.join(folder, picture));
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
}

const references = ["A light bulb to the left of a helicopter, on a white background."];
const first = { file: "01.png", references, question: "what is on the right?", answers: ["a helicopter"] };
const second = { file: "02.png", references: ["nothing", "no thing at all"] };
const jsonl = (...samples: readonly object[]) => samples.map((s) => JSON.stringify(s)).join("\n");
const tsv =
  "file\treferences\tquestion\tanswers\r\n" +
  `01.png\t${references[0]}\twhat is on the right?\ta helicopter\r\n02.png\tnothing | no thing at all\r\n`;

describe("what is read", () => {
  test("a folder, JSONL and TSV give the same scores", async () => {
    const inFolder = await dataSet("samples.json", JSON.stringify({ held_out: [first, second] }));
    const sources = [
      path.dirname(inFolder),
      path.dirname(await dataSet("samples.json", JSON.stringify([first, second]))),
      await dataSet("data.jsonl", jsonl(first, second)),
      await dataSet("data.tsv", tsv),
    ];
    for (const source of sources) {
      const { code, out } = await glimpse(["eval", source, "--json"]);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        samples: 2,
        failed: 0,
        captions: { count: 2, exactMatch: 0.5 },
        answers: { count: 1, vqaAccuracy: 1, exactMatch: 1 },
      });
    }
  });

  test("a table of scores times 100; --limit takes the first", async () => {
    const { code, out, err } = await glimpse(["eval", await dataSet("d.jsonl", jsonl(first, second)), "--limit", "1"]);
    expect(code).toBe(0);
    expect(err).toMatch(/emoji/);
    // One sample: every word of its references is in all references, so CIDEr-D is 0.
    expect(out).toMatch(
      /^1 sample of .*d\.jsonl\n\nCaptions \(1\)\n {2}CIDEr-D +0\.0\n {2}BLEU-1 +100\.0\n {2}BLEU-2 +100\.0\n {2}BLEU-3 +100\.0\n {2}BLEU-4 +100\.0\n {2}ROUGE-L +100\.0\n {2}exact match +100\.0\n\nAnswers \(1\)\n {2}VQA accuracy +100\.0\n {2}exact match +100\.0\n\n1 sample in 20 ms\n$/,
    );
  });

  test("only questions, and only references, are enough", async () => {
    const { references: _, ...question } = first;
    const data = await dataSet("d.jsonl", jsonl(question, { ...question, question: "what is on the left?" }));
    const scores = JSON.parse((await glimpse(["eval", data, "--json"])).out);
    expect(scores).toMatchObject({ answers: { count: 2, exactMatch: 0.5 } });
    expect(scores.captions).toBeUndefined();
  });

  test("on a terminal a bar shows how far it is", async () => {
    const { err } = await glimpse(["eval", await dataSet("d.jsonl", jsonl(first, second))], {}, true);
    expect(err).toMatch(/\r░{30} {2}0 of 2.*\r█{15}░{15} {2}1 of 2 {2}\d+ ms left.*\r +\r$/s);
  });
});

describe("--out", () => {
  test("keeps each result, and a stopped run goes on without doing it again", async () => {
    const data = await dataSet("d.jsonl", jsonl(first, second));
    const out = path.join(path.dirname(data), "results.jsonl");
    await glimpse(["eval", data, "--out", out, "--limit", "1", "--num-beams", "2"]);
    const [header, line] = readFileSync(out, "utf8").split("\n");
    expect(JSON.parse(header ?? "")).toEqual({
      format: "glimpse eval 1",
      model: "the demo model",
      dtype: "default",
      numBeams: 2,
      maxNewTokens: "default",
    });
    expect(JSON.parse(line ?? "")).toEqual({
      ...first,
      caption: "a light bulb to the left of a helicopter on a white background",
      answer: "a helicopter",
    });

    // What was kept is what counts, whatever the model would say now.
    const changed = readFileSync(out, "utf8").replace('"caption":"a light bulb', '"caption":"a lamp');
    writeFileSync(out, changed);
    await appendFile(out, '{"file":"02.png","capt');
    const { err, out: table } = await glimpse(["eval", data, "--out", out, "--num-beams", "2", "--json"]);
    expect(err).toMatch(/^1 sample of 2 were done before\.$/m);
    expect(JSON.parse(table)).toMatchObject({ captions: { count: 2, exactMatch: 0 }, answers: { exactMatch: 1 } });
    expect(readFileSync(out, "utf8")).toMatch(
      /lamp.*\n\{"file":"02\.png","references":\[.*\],"caption":".*","answers":\[\]\}\n$/,
    );

    // Nothing is left to do, so no model is opened.
    const done = await glimpse(["eval", data, "--out", out, "--num-beams", "2", "--json"], { backends: [] });
    expect({ ...JSON.parse(done.out), ms: 0 }).toEqual({ ...JSON.parse(table), ms: 0 });
  });

  test("a file of another model, other options, another data set, or of something else is refused", async () => {
    const data = await dataSet("d.jsonl", jsonl(first, second));
    const out = path.join(path.dirname(data), "results.jsonl");
    await glimpse(["eval", data, "--out", out, "--limit", "1"]);
    const kept = readFileSync(out, "utf8");
    const again = (...options: string[]) => glimpse(["eval", data, "--out", out, ...options], { backends: [] });
    const other = await again("--model", "x/y", "--num-beams", "3");
    expect(other.code).toBe(1);
    expect(other.err).toContain(
      'results.jsonl, line 1: the results were made with another model, expected "x/y", got "the demo model".',
    );
    expect(other.err).toContain('made with another numBeams, expected 3, got "default".');
    expect((await again("--preset", "paper")).err).toContain('another preset, expected "paper", got "default".');

    writeFileSync(out, kept.replace("01.png", "99.png"));
    expect((await again()).err).toMatch(/results\.jsonl, line 2: there is no such sample, got "99\.png/);
    writeFileSync(out, `${kept}{"file":1}\n`);
    expect((await again()).err).toMatch(/line 3 file: the value is wrong, expected a string, got 1/);
    for (const text of ["my notes", "my notes\n", '{"format":"glimpse eval 2"}\n']) {
      writeFileSync(out, text);
      expect((await again()).err).toMatch(/line 1: this is no file of results of glimpse eval/);
      expect(readFileSync(out, "utf8")).toBe(text);
    }
  });
});

describe("what goes wrong", () => {
  test("a picture that cannot be read is reported and not counted, nor kept", async () => {
    const data = await dataSet("d.jsonl", jsonl({ ...second, file: "broken.png" }, first));
    const out = path.join(path.dirname(data), "results.jsonl");
    writeFileSync(path.join(path.dirname(data), "broken.png"), "no picture");
    const result = await glimpse(["eval", data, "--out", out]);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^glimpse: .*broken\.png/m);
    expect(result.out).toMatch(/^2 samples of .*, 1 failed\n\nCaptions \(1\)/);
    expect(readFileSync(out, "utf8")).not.toContain("broken");
  });

  test("a picture that is not there is reported and not counted", async () => {
    const data = await dataSet("d.jsonl", jsonl({ ...second, file: "x.png" }, first));
    const { code, out, err } = await glimpse(["eval", data, "--json"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^glimpse: .*x\.png/m);
    expect(JSON.parse(out)).toMatchObject({ samples: 2, failed: 1, captions: { count: 1 } });
  });

  test("where no picture is there, they are listed before a model is opened", async () => {
    const data = await dataSet("d.jsonl", jsonl({ ...first, file: "x.png" }, { ...second, file: "y.png" }));
    const { code, err } = await glimpse(["eval", data]);
    expect(code).toBe(1);
    expect(err).toMatch(/2 problems:\n.*x\.png: the file does not exist\.\n.*y\.png: the file does not exist\./);
  });

  test("everything that is wrong with a data set is told at once", async () => {
    const data = await dataSet(
      "d.jsonl",
      jsonl(
        { file: "a.png" },
        { ...second, file: "" },
        { ...first, answers: [] },
        { ...second, answers: ["x"] },
        second,
        second,
      ),
    );
    const { err } = await glimpse(["eval", data]);
    expect(err).toContain('sample 1 ("a.png"): it has neither references nor a question.');
    expect(err).toContain('sample 2 (""): it names no file.');
    expect(err).toContain('sample 3 ("01.png"): it has a question without answers.');
    expect(err).toContain('sample 4 ("02.png"): it has answers without a question.');
    expect(err).toContain('sample 6 ("02.png"): the same file and question stand above.');
  });

  test.each([
    ["d.jsonl", "", /d\.jsonl: there are no samples in it/],
    ["d.jsonl", "{}\n[]", /d\.jsonl, line 1 file: the value is wrong, expected a string/],
    ["d.jsonl", '\n{"file":"a","file":"b"}', /d\.jsonl, line 2: .*file/],
    ["d.jsonl", '{"file":"a","references":"b"}', /line 1 references: the value is wrong, expected a list/],
    ["d.tsv", "", /d\.tsv, line 1: the names of the columns are wrong/],
    ["d.tsv", "01.png\ta dog", /the names of the columns are wrong, expected file, and/],
    ["d.tsv", "file\tfile\n", /the names of the columns are wrong/],
    ["d.tsv", "file\treferences\n01.png\ta\tb", /line 2: it has more columns than the first line names/],
    ["d.tsv", "file\treferences\n01.png\t | ", /it has neither references nor a question/],
  ])("%s %j", async (name, text, message) => {
    const { code, err } = await glimpse(["eval", await dataSet(name, text)]);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  test("a folder without samples.json, and text that is not UTF-8", async () => {
    const missing = await glimpse(["eval", temporaryFolder()]);
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).toMatch(/samples\.json: it is not there, expected a folder with a samples\.json, or a \.jsonl/);
    const bytes = new Uint8Array([0xff, 0x0a]);
    const { err } = await glimpse(["eval", "d.tsv"], {
      files: { ...files, exists: async () => true, read: async () => bytes },
    });
    expect(err).toMatch(/d\.tsv: the text is not valid UTF-8/);
  });

  test("Ctrl-C gives 130", async () => {
    const controller = new AbortController();
    controller.abort();
    const data = await dataSet("d.jsonl", jsonl(first));
    expect(await glimpse(["eval", data], { signal: controller.signal })).toMatchObject({ code: 130, out: "" });
  });
});
