// Every reference case on both backends, through the same code as `glimpse verify`; and what that command says.

import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { reference } from "@glimpsejs/backend-reference";
import { caseFolders, verifyCase } from "@glimpsejs/cli";
import { presetConfig } from "@glimpsejs/config";
import { bind, weightBytes } from "@glimpsejs/core";
import { describe, expect, test } from "vitest";
import { casesFolder, files, glimpse, platform, temporaryFolder } from "./support.ts";

const folders = await caseFolders(casesFolder, files);
const more = await caseFolders(path.join(casesFolder, "../more"), files);

describe.each([reference(), ortNode({ threads: 1 })])("$name", (backend) => {
  test.each([...folders, ...more].map((folder) => [path.basename(folder), folder]))("%s", async (_, folder) => {
    const report = await verifyCase(folder, { glimpse: bind(platform), backend, files });
    expect(report.error).toBeUndefined();
    expect(report.checks.filter((check) => !check.passed)).toEqual([]);
    expect(report.outcome).toBe("passed");
  });
});

test("all cases are there, and every run of them is compared", async () => {
  expect(folders.map((folder) => path.basename(folder))).toHaveLength(23);
  const folder = `${casesFolder}/generate-image`;
  const report = await verifyCase(folder, { glimpse: bind(platform), backend: reference(), files });
  const names = report.checks.map((check) => check.name);
  const runs: { tag: string; args: object }[] = JSON.parse(await readFile(`${folder}/case.json`, "utf8")).runs;
  for (const { tag, args } of runs) {
    expect(names).toContain(`${tag}.sequences`);
    expect(names).toContain("num_beams" in args ? `${tag}.sequences_scores` : `${tag}.scores`);
  }
  expect(names.filter((name) => name.startsWith("sampling."))).toHaveLength(7);
  expect(report.unsupported).toEqual([]);
});

describe("a forward case whose labels have nothing to predict, for which the oracle's loss is NaN", () => {
  /** A case with that loss and with other arguments. */
  async function changed(change: (rows: number[][]) => { input_ids: number[][]; labels: number[][] }): Promise<string> {
    const folder = temporaryFolder();
    await cp(`${casesFolder}/forward-tied`, folder, { recursive: true });
    const json = JSON.parse(await readFile(`${folder}/case.json`, "utf8"));
    await writeFile(`${folder}/case.json`, JSON.stringify({ ...json, ...change(json.input_ids) }));
    const expected = await readFile(`${folder}/expected.safetensors`);
    const headerEnd = 8 + Number(expected.readBigUInt64LE());
    const header = JSON.parse(expected.toString("utf8", 8, headerEnd));
    expected.writeFloatLE(Number.NaN, headerEnd + header.loss.data_offsets[0]);
    await writeFile(`${folder}/expected.safetensors`, expected);
    return folder;
  }
  const options = { glimpse: bind(platform), backend: reference(), files };

  test("all masked: no loss is equal to that", async () => {
    const folder = await changed((rows) => ({ input_ids: rows, labels: rows.map((row) => row.map(() => -100)) }));
    const report = await verifyCase(folder, options);
    expect(report.outcome).toBe("passed");
    expect(report.checks.map(({ name }) => name)).toContain("loss");
  });

  test("one token: the other tensors are compared", async () => {
    const first = (rows: number[][]) => rows.map((row) => row.slice(0, 1));
    const folder = await changed((rows) => ({ input_ids: first(rows), labels: first(rows) }));
    const { error, checks } = await verifyCase(folder, options);
    expect(error).toBeUndefined();
    const outcomes = Object.fromEntries(checks.map(({ name, passed, problem }) => [name, problem ?? passed]));
    const otherShape = expect.stringContaining("the shape differs"); // the file has five tokens
    expect(outcomes).toEqual({
      last_hidden_state: otherShape,
      logits: otherShape,
      loss: true,
      "text_only.logits": otherShape,
      "vision.last_hidden_state": true,
    });
  });
});

describe("glimpse verify", () => {
  test("prints the worst error of a case and where it is", async () => {
    const { code, out, err } = await glimpse(["verify", `${casesFolder}/masks/`]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /^ok {4}masks +worst error \d\.\de-\d+\n {6}\w+\.logits\[\d, \d+, \d+\]: expected -?\d[\d.e-]+, got -?\d[\d.e-]+\n\n1 case on reference: 1 passed, 0 failed, 3 tensors equal\n$/,
    );
  });

  test("runs with options that there are not are listed apart", async () => {
    const folder = await withUnknownOption((args) => "num_beams" in args);
    const { code, out } = await glimpse(["verify", folder]);
    expect(code).toBe(0);
    expect(out).toMatch(/^10 runs not supported yet, not compared and not counted:\n {2}10 runs {2}penalty_alpha/m);
  });

  test("a case that differs fails with tensor, index, expected and got, and the others are run", async () => {
    const folder = temporaryFolder();
    await cp(`${casesFolder}/masks`, `${folder}/a-wrong`, { recursive: true });
    await cp(`${casesFolder}/legacy-head_mask`, `${folder}/b-wrong-kind`, { recursive: true });
    await cp(`${casesFolder}/legacy-head_mask`, `${folder}/c-right`, { recursive: true });
    const expected = await readFile(`${folder}/a-wrong/expected.safetensors`);
    expected.writeFloatLE(77, expected.length - 4);
    await writeFile(`${folder}/a-wrong/expected.safetensors`, expected);
    const text = await readFile(`${folder}/b-wrong-kind/case.json`, "utf8");
    await writeFile(`${folder}/b-wrong-kind/case.json`, text.replace('"legacy"', '"antique"'));
    const { code, out } = await glimpse(["verify", folder]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^FAIL {2}a-wrong +worst error \d\.\de\+1\n {6}position_ids\.logits\[2, \d+, 98\]: expected 77, got -?\d/m,
    );
    expect(out).toMatch(
      /^FAIL {2}b-wrong-kind\n {6}.*kind: the value is wrong, expected forward, legacy, mask or generate/m,
    );
    expect(out).toMatch(/^ok {4}c-right/m);
    expect(out).toMatch(/3 cases on reference: 1 passed, 2 failed/);
    const json = JSON.parse((await glimpse(["verify", folder, "--json"])).out);
    expect(json.map((report: { outcome: string }) => report.outcome)).toEqual(["failed", "failed", "passed"]);
  });

  test("a run that goes wrong is a failure of its own", async () => {
    const folder = temporaryFolder();
    await cp(`${casesFolder}/generate-image-2`, folder, { recursive: true });
    const json = JSON.parse(await readFile(`${folder}/case.json`, "utf8"));
    json.runs[0].args.max_new_tokens = 1000;
    await writeFile(`${folder}/case.json`, JSON.stringify(json));
    const { code, out } = await glimpse(["verify", folder]);
    expect(code).toBe(1);
    expect(out).toMatch(/^FAIL[\s\S]*greedy: generate\(\): the text would be longer than the positions the model has/m);
    const [report] = JSON.parse((await glimpse(["verify", folder, "--json"])).out);
    expect(report.checks.filter((check: { passed: boolean }) => !check.passed)).toHaveLength(1);
  });

  test("a folder without cases, and cases of which nothing is supported, are no success", async () => {
    const none = await glimpse(["verify", temporaryFolder()]);
    expect(none).toMatchObject({ code: 1, out: "" });
    expect(none.err).toMatch(/there is no case\.json in it/);
    const folder = await withUnknownOption(() => true);
    await cp(`${casesFolder}/masks/expected.safetensors`, `${folder}/expected.safetensors`); // without sampling.*
    const unknown = await glimpse(["verify", folder]);
    expect(unknown.code).toBe(1);
    expect(unknown.out).toMatch(/^none {2}/);
    expect(unknown.err).toMatch(/nothing in it could be compared/);
  });
});

/** A case whose runs have, where `which` says so, an option that no version of Glimpse has. */
async function withUnknownOption(which: (args: object) => boolean): Promise<string> {
  const folder = temporaryFolder();
  await cp(`${casesFolder}/generate-image-2`, folder, { recursive: true });
  const json = JSON.parse(await readFile(`${folder}/case.json`, "utf8"));
  for (const run of json.runs) if (which(run.args)) run.args.penalty_alpha = 0.6;
  await writeFile(`${folder}/case.json`, JSON.stringify(json));
  return folder;
}

test("the bytes that doctor speaks of are those of the published models", async () => {
  const synthetic = JSON.parse(await readFile(path.join(casesFolder, "../synthetic.json"), "utf8"));
  for (const name of ["git-base", "git-large"] as const) {
    const bytes = weightBytes(presetConfig(name), "fp32");
    expect(bytes).toBe(4 * synthetic[name].parameters);
    expect(weightBytes(presetConfig(name), "int8")).toBeLessThan(bytes / 2);
  }
});
