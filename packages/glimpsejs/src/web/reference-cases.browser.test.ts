// Every reference case of transformers in Chromium, through the same code as `glimpse verify`, and the sample pictures
// on ONNX Runtime.
import { wasmUrls } from "@glimpsejs/backend-ort-web/assets";
import { reference } from "@glimpsejs/backend-reference";
import { caseFolders, verifyCase } from "@glimpsejs/cli";
import { bind } from "@glimpsejs/core";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { servedFiles } from "../../test/served-files.ts";
import { load, ortWeb, webPlatform } from "./index.ts";

const folders = await caseFolders("/fixtures/reference/cases", servedFiles);
const wasm = ortWeb({ provider: "wasm", urls: wasmUrls });

test("all cases are there", () => {
  expect(folders).toHaveLength(23);
});

describe.each([reference(), wasm])("$name", (backend) => {
  test.each(folders.map((folder) => [folder.slice(folder.lastIndexOf("/") + 1), folder]))("%s", async (_, folder) => {
    const report = await verifyCase(folder, { glimpse: bind(webPlatform()), backend, files: servedFiles });
    expect(report.error).toBeUndefined();
    expect(report.checks.filter((check) => !check.passed)).toEqual([]);
    expect(report.outcome).toBe("passed");
  });
});

test("ONNX Runtime in WebAssembly gives Node's captions, ids and scores for every sample picture", async () => {
  await using git = await load(undefined, { backend: wasm });
  for (const [file, { text, tokens, score }] of Object.entries(await commands.nodeScores("pictures"))) {
    const result = await git.caption(sampleFiles[file]);
    expect(result.text, file).toBe(text);
    expect(result.tokens, file).toEqual(tokens);
    expect(Math.abs(result.score - score), file).toBeLessThan(1e-4);
  }
});
