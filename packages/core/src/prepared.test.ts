// Quantized weights that a host keeps are those that would be made, and no host has to keep any.
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { demoCheckpoints } from "@glimpsejs/demo-model";
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
