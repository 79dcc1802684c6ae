// `npm run bench`: one command that measures a checkpoint on every backend and dtype, beside PyTorch if wanted, and
// writes a table, result.json and report.html.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type GitConfig, presetNames } from "@glimpsejs/config";
import { elementCount } from "@glimpsejs/graph";
import { expectedWeights } from "@glimpsejs/model";
import { AutoConfig } from "glimpsejs";
import { bench } from "./bench.ts";
import { htmlReport } from "./html.ts";
import type { ExpectedIds, Job } from "./job.ts";
import { readRate } from "./read-rate.ts";
import { type BenchResult, type ScenarioName, scenarioNames } from "./result.ts";
import { measureRates } from "./roofline.ts";
import { glimpseRunner, type Runner, transformersRunner } from "./runner.ts";
import {
  type SyntheticName,
  syntheticExpectation,
  syntheticNames,
  syntheticPixels,
  writeSynthetic,
} from "./synthetic.ts";
import { tables } from "./table.ts";
import { importTransformersJs, measureTransformersJs } from "./transformers-js.ts";

const backendNames = ["ort-node", "ort-web-wasm", "webgpu", "reference"] as const;
const dtypeNames = ["fp32", "fp16", "int8", "int4"] as const;

const usage = `Usage: npm run bench -- [FOLDER | --synthetic NAME] [options]

  --synthetic NAME   a published checkpoint's, such as git-large-vatex: weights of its shapes, made from a formula, 0.7 to
                     1.6 GB; default git-base
  --dir DIR          where synthetic checkpoints are kept; default ${path.join(os.tmpdir(), "glimpse-synthetic")}
  --backend NAMES    ${backendNames.join(", ")}, separated by commas; default ort-node
                     (ort-web-wasm is its WebAssembly, in Node; webgpu wants a GPU; reference takes
                     minutes a caption on a checkpoint of this size)
  --dtype NAMES      ${dtypeNames.join(", ")}; default all
  --scenario NAMES   ${scenarioNames.join(", ")}; default all
  --threads N        default: what each runtime chooses
  --tokens N         tokens per text; default 20
  --rounds N         measurements of each scenario; default 3
  --python PATH      also measure transformers on PyTorch with this Python
  --python-device D  where PyTorch computes: cpu (default), or cuda beside webgpu
  --transformersjs-model DIR_OR_ID
                     also measure a caption by this model of transformers.js, where @huggingface/transformers is
                     installed beside the bench; another model, so without a ratio
  --expected IDS     prompt and greedy tokens that have to come out, separated by commas
  --no-growth        leave out how cost grows with resolution, tokens, beams and batch
  --out DIR          writes result.json and report.html there

A time is only printed for ids that are known to be right: those written down beside the bench for a synthetic
checkpoint and 20 tokens, those of --expected, or PyTorch's. The ids of rounded weights may differ; how many are the same
is printed.`;

process.exitCode = await main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  return 2;
});

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      synthetic: { type: "string" },
      dir: { type: "string", default: path.join(os.tmpdir(), "glimpse-synthetic") },
      backend: { type: "string", default: "ort-node" },
      dtype: { type: "string", default: dtypeNames.join() },
      scenario: { type: "string", default: scenarioNames.join() },
      threads: { type: "string" },
      tokens: { type: "string", default: "20" },
      rounds: { type: "string", default: "3" },
      python: { type: "string" },
      "python-device": { type: "string", default: "cpu" },
      "transformersjs-model": { type: "string" },
      expected: { type: "string" },
      growth: { type: "boolean", default: true },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || positionals.length > 1 || (positionals.length === 1 && values.synthetic !== undefined)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const backends = chosen("backend", values.backend, backendNames);
  const dtypes = chosen("dtype", values.dtype, dtypeNames);
  const scenarios = chosen("scenario", values.scenario, scenarioNames);
  const [synthetic] = positionals.length === 0 ? chosen("synthetic", values.synthetic ?? "git-base", presetNames) : [];
  const [tokens, rounds] = [count("tokens", values.tokens), count("rounds", values.rounds)];
  const threads = values.threads === undefined ? undefined : count("threads", values.threads);

  const folder = path.resolve(
    synthetic === undefined ? (positionals[0] ?? "") : await writeSynthetic(synthetic, values.dir),
  );
  const config = await AutoConfig.fromPretrained(folder);
  const oracle = syntheticNames.find((name) => name === synthetic);
  const known = oracle && (await syntheticExpectation(oracle));
  const expected: Partial<Record<ScenarioName, readonly (readonly number[])[]>> = {};
  if (oracle !== undefined && tokens === 20) Object.assign(expected, (await readExpected())[oracle]);
  if (values.expected !== undefined) {
    expected.caption = [values.expected.split(",").map((id) => count("expected", id))];
  }
  if (Object.keys(expected).length === 0 && values.python === undefined) {
    throw new Error("nothing says which ids are right; pass --expected IDS or --python PATH");
  }

  const temporary = await mkdtemp(path.join(os.tmpdir(), "glimpse-bench-"));
  try {
    const [, ...shape] = known?.pixel_values ?? pixelShape(config);
    const pixels = { file: path.join(temporary, "pixels.f32"), shape: [8, ...shape] };
    await writeFile(pixels.file, new Uint8Array(syntheticPixels(pixels.shape).data.buffer));
    const job: Job = {
      model: {
        name: synthetic === undefined ? folder : `${synthetic}, synthetic weights`,
        weightBytes: float32Bytes(config),
      },
      config,
      folder,
      pixels,
      prompt: known?.input_ids ?? [config.bosTokenId ?? 101],
      tokens,
      threads,
      rounds,
      scenarios,
      rates: { ...(await measureRates(threads)), read: readRate(folder) },
      expected,
      growth: values.growth,
      log: (line) => console.error(line),
    };
    const runners: Runner[] = [
      ...(values.python === undefined ? [] : [transformersRunner(values.python, values["python-device"])]),
      ...backends.flatMap((name) =>
        (name === "reference" ? ["fp32"] : dtypes).map((dtype) => glimpseRunner(name, dtype)),
      ),
    ];
    const result = await withOther(await bench(job, runners), values["transformersjs-model"], job);
    console.log(tables(result));
    if (values.out !== undefined) await write(result, values.out);
    return result.notes.some((note) => note.startsWith("WRONG IDS")) ? 1 : 0;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The result with a row of transformers.js, where it was asked for; with a note where that failed. */
async function withOther(result: BenchResult, model: string | undefined, job: Job): Promise<BenchResult> {
  if (model === undefined) return result;
  try {
    return { ...result, others: [await measureTransformersJs(await importTransformersJs(), model, job)] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...result, notes: [...result.notes, `transformers.js was not measured: ${reason}`] };
  }
}

async function write(result: BenchResult, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "result.json"), `${JSON.stringify(result, undefined, 1)}\n`);
  await writeFile(path.join(folder, "report.html"), htmlReport(result));
}

/** The ids that PyTorch gave for the synthetic checkpoints and 20 tokens. */
async function readExpected(): Promise<Readonly<Partial<Record<SyntheticName, ExpectedIds>>>> {
  return JSON.parse(await readFile(new URL("../expected.json", import.meta.url), "utf8"));
}

function float32Bytes(config: GitConfig): number {
  const shapes = [...expectedWeights(config, "causalLM").values()];
  return shapes.reduce((sum, shape) => sum + 4 * elementCount(shape), 0);
}

function pixelShape({ visionConfig: { imageSize }, numImageWithEmbedding: frames }: GitConfig): readonly number[] {
  return frames ? [1, frames, 3, imageSize, imageSize] : [1, 3, imageSize, imageSize];
}

function chosen<T extends string>(option: string, text: string, names: readonly T[]): readonly T[] {
  return text.split(",").map((given) => {
    const name = names.find((one) => one === given);
    if (name === undefined) throw new Error(`--${option}: expected ${names.join(", ")}, got ${JSON.stringify(given)}`);
    return name;
  });
}

function count(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${option}: expected whole numbers, got ${JSON.stringify(text)}`);
  return Number(text);
}
