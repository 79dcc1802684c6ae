// Asks transformers which ids are right, once, for the synthetic checkpoints: writes expected.json. Not part of a
// measurement.  node apps/bench/dist/write-expected.js PYTHON [NAME…]
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { callOf, type GenerateRequest } from "./calls.ts";
import { scenarioNames } from "./result.ts";
import { transformersRunner } from "./runner.ts";
import { syntheticExpectation, syntheticNames, syntheticPixels, writeSynthetic } from "./synthetic.ts";

const [python = "python3", ...names] = process.argv.slice(2);
const file = new URL("../expected.json", import.meta.url);
const expected = JSON.parse(await readFile(file, "utf8"));
const temporary = await mkdtemp(path.join(os.tmpdir(), "glimpse-bench-"));
try {
  for (const name of syntheticNames.filter((n) => names.length === 0 || names.includes(n))) {
    const folder = await writeSynthetic(name, path.join(os.tmpdir(), "glimpse-synthetic"));
    const known = await syntheticExpectation(name);
    const pixels = { file: path.join(temporary, "pixels.f32"), shape: [8, ...known.pixel_values.slice(1)] };
    await writeFile(pixels.file, new Uint8Array(syntheticPixels(pixels.shape).data.buffer));
    const runner = transformersRunner(python);
    await runner.ask({ kind: "open", folder, backend: "transformers", dtype: "fp32", threads: undefined, pixels });
    expected[name] = {};
    for (const scenario of scenarioNames.filter((s) => s !== "encode")) {
      const { ids } = await runner.ask(callOf(scenario, known.input_ids, 20) as GenerateRequest);
      expected[name][scenario] = ids;
      console.log(name, scenario, ids.length);
    }
    runner.close();
  }
} finally {
  await rm(temporary, { recursive: true, force: true });
}
const rows = JSON.stringify(expected, undefined, 1).replace(
  /\[\s+(\d[\d,\s]*\d)\s+\]/g,
  (_, ids: string) => `[${ids.replace(/\s+/g, " ")}]`,
);
await writeFile(file, `${rows}\n`);
