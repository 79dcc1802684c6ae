// Quantized weights that a host keeps are those that would be made, and no host has to keep any.
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { demoCheckpoints } from "@glimpsejs/demo-model";
import { dequantize, quantize, transpose, viewAs } from "@glimpsejs/graph";
import { decoderGraph, draftGraph, matchWeights, planQuantization, quantizedWeights } from "@glimpsejs/model";
import { openWeights } from "@glimpsejs/weights";
import { openFolder } from "@glimpsejs/weights/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "./checkpoint.ts";
import { graphsOf } from "./model-graphs.ts";
import { otherForm } from "./other-form.ts";
import type { Host, PreparedOrigin } from "./platform.ts";
import { preparedDraft, preparedWeights } from "./prepared.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "glimpse-core-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The demo checkpoint, and a host that keeps everything in one folder. */
async function setUp() {
  const files = await openFolder(fileURLToPath(demoCheckpoints.captions));
  const config = await readConfig(files);
  const weights = matchWeights(await openWeights(files), config, "causalLM");
  const origins: PreparedOrigin[] = [];
  const host: Host = {
    sink: () => Promise.reject(new Error("not asked for")),
    backend: () => expect.fail("no backend is needed"),
    picture: () => Promise.reject(new Error("not asked for")),
    availableMemory: () => undefined,
    async prepared(origin, write) {
      origins.push(origin);
      await write({
        async write(file, chunks) {
          const parts: Uint8Array[] = [];
          for await (const chunk of chunks) parts.push(chunk.slice());
          await writeFile(path.join(folder, file), Buffer.concat(parts));
        },
      });
      return openWeights(await openFolder(folder));
    },
  };
  return { config, weights, host, origins };
}

test.each(["int8", "int4"] as const)("kept %s weights are what is made without a store", async (dtype) => {
  const { config, weights, host, origins } = await setUp();
  const kept = await preparedWeights(host, config, weights, "causalLM", dtype, 0);
  if (kept === undefined) throw new TypeError("nothing was kept");
  const graphs = graphsOf(config, "causalLM");
  const [made, again] = [weights, kept].map((source) => otherForm(graphs, source, dtype));
  expect(again?.dtype).toBe(dtype);
  expect(again?.graphs).toEqual(made?.graphs);
  expect(new Set(again?.weights.names)).toEqual(new Set(made?.weights.names));
  for (const name of made?.weights.names ?? []) {
    const [a, b] = [made?.weights.get(name), again?.weights.get(name)];
    expect([name, b?.dtype, b?.shape]).toEqual([name, a?.dtype, a?.shape]);
    expect(Buffer.compare((await a?.bytes()) ?? new Uint8Array(), (await b?.bytes()) ?? new Uint8Array())).toBe(0);
    // Only those that a kernel reads by columns lie in the file as it does.
    const matrix = a?.dtype === "int8" ? b : undefined;
    expect(b?.transposed?.shape).toEqual(matrix && [matrix.shape[1], matrix.shape[0]]);
    expect(b?.transposed?.location === undefined).toBe(matrix === undefined);
  }
  expect(origins[0]?.files).toHaveLength(1);
  expect(origins[0]?.madeFrom).toContain(`"dtype":"${dtype}"`);
  expect(origins[0]?.madeFrom).toMatch(dtype === "int8" ? /^\{"version":3,"dtype"/ : /^\{"version":4,"dtype"/);
});

test("4-bit weights of graphs that read pictures are kept with their 8-bit forms, as a backend would make them", async () => {
  const { config, weights, host } = await setUp();
  const kept = await preparedWeights(host, config, weights, "causalLM", "int4", 0);
  if (kept === undefined) throw new TypeError("nothing was kept");
  const form = otherForm(graphsOf(config, "causalLM"), kept, "int4");
  const weightsOf = (graph: string) =>
    (form.graphs[graph]?.nodes ?? []).flatMap((node) =>
      node.op === "quantizedLinear" && node.attributes.bits === 4 ? [node.inputs.weight] : [],
    );
  const wide = weightsOf("trunk");
  expect(wide.length).toBeGreaterThan(1);
  for (const name of wide) {
    const [stored, scales] = [form.weights.get(name), form.weights.get(name.replace(/int4$/, "scales"))];
    if (stored?.eightBits === undefined || scales === undefined) throw new TypeError(`${name} has no 8-bit form`);
    const { weight, scales: wideScales } = stored.eightBits;
    const [n = 0, k = 0] = weight.shape;
    const four = { data: viewAs(await stored.bytes(), "uint8"), scales: viewAs(await scales.bytes(), "float32") };
    const floats = dequantize(four, { bits: 4, block: (n * k) / four.scales.length });
    const eight = quantize(floats, { bits: 8, block: k }, name);
    expect(viewAs(await weight.bytes(), "int8")).toEqual(eight.data);
    expect(viewAs(await wideScales.bytes(), "float32")).toEqual(eight.scales);
    const columns = (await weight.transposed?.bytes()) ?? new Uint8Array();
    expect(viewAs(columns, "int8")).toEqual(transpose(Int8Array.from(eight.data), n, k));
    expect(stored.eightBits.weight.transposed?.location).toBeDefined();
    expect(stored.eightBits.scales.location).toBeDefined();
  }
  const others = weightsOf("decoder").filter((name) => !wide.includes(name));
  expect(others.length).toBeGreaterThan(0);
  for (const name of others) expect(form.weights.get(name)?.eightBits).toBeUndefined();
});

test.each(["int8", "int4"] as const)("kept weights of a %s draft are those that it would be given", async (dtype) => {
  const { config, weights, host, origins } = await setUp();
  const plan = planQuantization([draftGraph(decoderGraph(config))], dtype);
  const kept = await preparedDraft(host, weights, plan, dtype, 0);
  if (kept === undefined) throw new TypeError("nothing was kept");
  expect(new Set(kept.names)).toEqual(new Set(plan.keys()));
  const [made, again] = [weights, kept].map((source) => quantizedWeights(source, plan));
  const own = made?.names.filter((name) => /\.(int8|int4|scales)$/.test(name)) ?? [];
  expect(own).toHaveLength(2 * plan.size);
  for (const name of own) {
    const [a, b] = [await made?.get(name)?.bytes(), await again?.get(name)?.bytes()];
    expect([name, a && b && Buffer.compare(a, b)]).toEqual([name, 0]);
  }
  expect(origins[0]?.madeFrom).toContain(`"draft":"${dtype}"`);
  expect(await preparedDraft(host, weights, plan, dtype)).toBeUndefined();
  const wrong: Host = { ...host, prepared: async () => ({ names: [], get: () => undefined }) };
  expect(await preparedDraft(wrong, weights, plan, dtype, 0)).toBeUndefined();
});

test("floats, small checkpoints and hosts without a store have nothing to keep", async () => {
  const { config, weights, host, origins } = await setUp();
  expect(await preparedWeights(host, config, weights, "causalLM", "fp32", 0)).toBeUndefined();
  expect(await preparedWeights(host, config, weights, "causalLM", undefined, 0)).toBeUndefined();
  expect(await preparedWeights(host, config, weights, "causalLM", "int8")).toBeUndefined();
  expect(
    await preparedWeights({ ...host, prepared: undefined }, config, weights, "causalLM", "int8", 0),
  ).toBeUndefined();
  expect(origins).toEqual([]);
});

test("a store that gives something else is not believed", async () => {
  const { config, weights, host } = await setUp();
  const wrong: Host = { ...host, prepared: async () => ({ names: [], get: () => undefined }) };
  expect(await preparedWeights(wrong, config, weights, "causalLM", "int8", 0)).toBeUndefined();
});
