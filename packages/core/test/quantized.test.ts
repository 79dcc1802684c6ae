// Weights in other dtypes: rounded at load, saved, loaded again. How much rounding costs over thousands of scenes is
// measured elsewhere (tooling); here a few pictures stand for them.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { reference } from "@glimpsejs/backend-reference";
import { bind } from "@glimpsejs/core";
import { demoSamples } from "@glimpsejs/demo-model";
import { loadImage } from "@glimpsejs/processor/node";
import { describe, expect, test } from "vitest";
import { countingBackend, difference, emptyFolder, glimpse, somePixels, testPlatform } from "./support.ts";

interface Sample {
  readonly file: string;
  readonly reference_caption: string;
}
const samples: readonly Sample[] = JSON.parse(readFileSync(new URL("samples.json", demoSamples), "utf8")).pictures;
const backends = { "ort-node": () => ortNode({ threads: 1 }), reference };
const inputs = { pixelValues: somePixels(1, 3, 96, 96), inputIds: [[1, 7, 30]] };

describe.each(Object.entries(backends))("on %s", (_, plugin) => {
  test.each(["fp16", "int8"] as const)("%s says what float32 says", async (dtype) => {
    const platform = testPlatform({ backend: plugin, picture: (input) => loadImage(input as URL) });
    await using git = await bind(platform).load(undefined, { dtype });
    const some = samples.slice(0, 4);
    const captions = await git.caption(some.map(({ file }) => new URL(file, demoSamples)));
    expect(captions.map(({ text }) => text)).toEqual(some.map((s) => s.reference_caption));
  });

  // The demo checkpoint is stored as float16, so that fp16 changes nothing.
  test.each([
    ["fp16", -1, 1e-12],
    ["int8", 0, 0.5],
    ["int4", 0, 4],
  ] as const)("%s moves logits a little", async (dtype, least, most) => {
    const options = { backend: plugin() };
    await using exact = await glimpse.GitForCausalLM.fromPretrained(undefined, options);
    await using model = await glimpse.GitForCausalLM.fromPretrained(undefined, { ...options, dtype });
    const [a, b] = [await exact.forward(inputs), await model.forward(inputs)];
    if (a.logits === undefined || b.logits === undefined) throw new Error("no logits");
    const worst = difference(a.logits, b.logits);
    expect(worst).toBeGreaterThan(least);
    expect(worst).toBeLessThan(most);
  });

  test.each(["fp16", "int8", "int4"] as const)("%s saved and loaded again is the same to the bit", async (dtype) => {
    const [folder, second] = [emptyFolder(), emptyFolder()];
    await using model = await glimpse.GitForCausalLM.fromPretrained(undefined, { backend: plugin(), dtype });
    const { logits } = await model.forward(inputs);
    await model.savePretrained(folder);
    await using again = await glimpse.GitForCausalLM.fromPretrained(folder, { backend: plugin() });
    const { logits: reloaded } = await again.forward(inputs);
    if (logits === undefined || reloaded === undefined) throw new Error("no logits");
    expect(difference(logits, reloaded)).toBe(0);
    await again.savePretrained(second);
    for (const file of ["config.json", "model.safetensors"]) {
      expect(readFileSync(path.join(second, file)).equals(readFileSync(path.join(folder, file)))).toBe(true);
    }
  });
});

describe("a quantized folder", () => {
  test("is smaller, and described", async () => {
    const sizes: number[] = [];
    for (const dtype of ["fp32", "fp16", "int8", "int4"] as const) {
      const folder = emptyFolder();
      await using model = await glimpse.GitForCausalLM.fromPretrained(undefined, { dtype });
      await model.savePretrained(folder);
      const { quantization_config, dtype: floats } = JSON.parse(readFileSync(path.join(folder, "config.json"), "utf8"));
      const isQuantized = dtype === "int8" || dtype === "int4";
      expect(quantization_config).toEqual(isQuantized ? { quant_method: "glimpse", version: 1, dtype } : undefined);
      if (dtype === "fp16") expect(floats).toBe("float16");
      sizes.push(readFileSync(path.join(folder, "model.safetensors")).length);
    }
    const [stored = 0, fp16 = 0, int8 = 0, int4 = 0] = sizes; // stored as float16
    expect(fp16).toBeLessThan(1.01 * stored);
    expect(int8).toBeLessThan(0.65 * fp16);
    expect(int4).toBeLessThan(0.9 * int8);
  });

  test("is float32 again where that is asked for, and cannot become anything else", async () => {
    const folder = emptyFolder();
    await using model = await glimpse.GitForCausalLM.fromPretrained(undefined, { dtype: "int8" });
    await model.savePretrained(folder);
    await using floats = await glimpse.GitForCausalLM.fromPretrained(folder, { dtype: "fp32" });
    const [a, b] = [await model.forward(inputs), await floats.forward(inputs)];
    if (a.logits === undefined || b.logits === undefined) throw new Error("no logits");
    expect(difference(a.logits, b.logits)).toBeLessThan(1e-3); // the reference backend does not round the rows
    await expect(glimpse.GitForCausalLM.fromPretrained(folder, { dtype: "int4" })).rejects.toThrow(
      'option "dtype": the checkpoint is quantized already, expected "int8", or "fp32" for the same numbers as floats, got "int4".',
    );
  });

  test("whose description is gone, of another program, or damaged is refused, and its file opened no further", async () => {
    const folder = emptyFolder();
    await using model = await glimpse.GitForCausalLM.fromPretrained(undefined, { dtype: "int8" });
    await model.savePretrained(folder);
    const file = path.join(folder, "config.json");
    const config = JSON.parse(readFileSync(file, "utf8"));
    const refused = async (quantization_config: unknown, code: string, message: RegExp) => {
      writeFileSync(file, JSON.stringify({ ...config, quantization_config }));
      const loading = glimpse.GitForCausalLM.fromPretrained(folder);
      await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    };
    await refused(undefined, "invalid-weights", /quantization_config: it is missing, though the weights are quantized/);
    await refused({ quant_method: "bitsandbytes" }, "unsupported", /in a format that cannot be read/);
    await refused(
      { quant_method: "glimpse", version: 1, dtype: "int3" },
      "invalid-config",
      /dtype: the value is wrong/,
    );
  });
});

describe("a quantized model", () => {
  test("can be changed like any other: the changed weights are rounded anew", async () => {
    await using model = await glimpse.GitForCausalLM.fromPretrained(undefined, { dtype: "int8" });
    const before = await model.forward(inputs);
    await model.resizeTokenEmbeddings(model.config.vocabSize + 3);
    await model.pruneHeads({ 0: [0] });
    const after = await model.forward(inputs);
    expect(after.logits?.shape[2]).toBe((before.logits?.shape[2] ?? 0) + 3);
    const folder = emptyFolder();
    await model.savePretrained(folder);
    await using again = await glimpse.GitForCausalLM.fromPretrained(folder);
    const reloaded = await again.forward(inputs);
    if (after.logits === undefined || reloaded.logits === undefined) throw new Error("no logits");
    expect(difference(after.logits, reloaded.logits)).toBe(0);
    await again.pruneHeads({ 1: [1] }); // from int8 through floats to int8
    expect((await again.forward(inputs)).logits?.shape).toEqual(after.logits.shape);
  });

  test("a wrong dtype is told before anything is opened", async () => {
    const { plugin } = countingBackend();
    const platform = testPlatform({ open: () => Promise.reject(new Error("opened")), backend: () => plugin });
    await expect(bind(platform).load("x", { dtype: "int2" as "int4" })).rejects.toThrow(
      'option "dtype": there is no such dtype, expected "fp32", "fp16", "int8", "int4", got "int2".',
    );
  });

  test("damaged weights are told by name when they are read", async () => {
    const folder = emptyFolder();
    await using model = await glimpse.GitForCausalLM.fromPretrained(undefined);
    await model.savePretrained(folder);
    const file = path.join(folder, "model.safetensors");
    const bytes = readFileSync(file);
    const name = "git.encoder.layer.0.attention.self.query.weight";
    const headerLength = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString("utf8"));
    bytes.writeUInt16LE(0x7e00, 8 + headerLength + header[name].data_offsets[0] + 10); // NaN in float16
    writeFileSync(file, bytes);
    await expect(glimpse.GitForCausalLM.fromPretrained(folder, { dtype: "int8" })).rejects.toThrow(
      `weight "${name}": element 5 cannot be quantized, expected a finite number, got NaN.`,
    );
  });
});
