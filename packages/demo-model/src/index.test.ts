// The package is what the checkpoints' README promises: files where the URLs say, in float16, with their notices.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { captionsFiles, clipCaptionsFiles } from "./files.ts";
import { demoCheckpoint, demoCheckpoints, demoSamples } from "./index.ts";
import { sampleFiles } from "./samples.ts";

describe("demo-model", () => {
  test.each(Object.entries(demoCheckpoints))("%s is a whole checkpoint in float16", (_, folder) => {
    for (const file of [
      "config.json",
      "generation_config.json",
      "preprocessor_config.json",
      "tokenizer.json",
      "vocab.txt",
    ]) {
      expect(existsSync(new URL(file, folder)), file).toBe(true);
    }
    const bytes = readFileSync(new URL("model.safetensors", folder));
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0))));
    const dtypes = Object.entries<{ dtype: string }>(header).flatMap(([name, t]) =>
      name === "__metadata__" ? [] : [t.dtype],
    );
    expect(new Set(dtypes)).toEqual(new Set(["F16"]));
  });

  test("no folder is written as bundlers expect a file", () => {
    const source = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");
    expect(source).toContain("import.meta.url");
    expect(source).not.toMatch(/^[^/]*new URL\([^()]*,/m);
  });

  test("load() finds them by name", () => {
    expect(demoCheckpoint(undefined)).toBe(demoCheckpoints.captions);
    expect(demoCheckpoint("demo:captions")).toBe(demoCheckpoints.captions);
    expect(demoCheckpoint("demo:clips")).toBe(demoCheckpoints.clipCaptions);
    expect(demoCheckpoint("demo:clip")).toBeUndefined();
  });

  test("every sample that samples.json names is there", () => {
    const samples = JSON.parse(readFileSync(new URL("samples.json", demoSamples), "utf8"));
    for (const { file } of [...samples.pictures, ...samples.clips])
      expect(existsSync(new URL(file, demoSamples)), file).toBe(true);
  });

  test("the lists of files for bundlers are complete", () => {
    const listed = (files: Readonly<Record<string, URL>>, folder: URL) =>
      Object.entries(files).map(([name, file]) => {
        expect(file.href).toBe(new URL(name, folder).href);
        return name;
      });
    expect(listed(captionsFiles, demoCheckpoints.captions).sort()).toEqual(
      readdirSync(demoCheckpoints.captions).sort(),
    );
    const clips = readdirSync(demoCheckpoints.clipCaptions).sort();
    expect(listed(clipCaptionsFiles, demoCheckpoints.clipCaptions).sort()).toEqual(clips);
    const samples = JSON.parse(readFileSync(new URL("samples.json", demoSamples), "utf8"));
    const named = [...samples.pictures, ...samples.clips].map(({ file }) => file);
    expect(listed(sampleFiles, demoSamples).sort()).toEqual(["samples.json", ...named].sort());
  });

  test("the licence notices of the drawings are kept", () => {
    const notice = readFileSync(new URL("../NOTICE", import.meta.url), "utf8");
    for (const name of ["Noto Emoji", "Twemoji", "Fluent Emoji"]) expect(notice).toContain(name);
  });
});
