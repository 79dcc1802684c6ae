// `npm run bench`: how fast a checkpoint is on each backend and how much memory it takes, beside PyTorch if wanted.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { GitConfig } from "@glimpsejs/config";
import { elementCount } from "@glimpsejs/graph";
import { expectedWeights } from "@glimpsejs/model";
import { AutoConfig } from "glimpsejs";
import { type ExpectedIds, wrongIds } from "./check-ids.ts";
import { type BackendName, backendNames, type Job, type Measurement } from "./measure.ts";
import { measureBackend, measurePeer } from "./processes.ts";
import { syntheticExpectation, syntheticNames, syntheticPixels, writeSynthetic } from "./synthetic.ts";
import { type Row, starved, table } from "./table.ts";

const usage = `Usage: npm run bench -- [FOLDER | --synthetic NAME] [options]

  --synthetic NAME   ${syntheticNames.join(", ")}; made from a formula, about 0.7 to 1.6 GB
  --dir DIR          where synthetic checkpoints are kept; default ${path.join(os.tmpdir(), "glimpse-synthetic")}
  --backend NAMES    ${backendNames.join(", ")}, separated by commas; default ort-node
  --threads N        default 2
  --tokens N         tokens per caption; default 20
  --beams N          search with N beams; default 1, greedy
  --runs N           warm repetitions, of which the median counts; default 5
  --expected IDS     prompt and greedy tokens that have to come out, separated by commas
  --python PATH      also measure transformers on PyTorch with this Python

A time is only printed for ids that are known to be right: those of --synthetic, of --expected or of PyTorch.`;

process.exitCode = await main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  return 2;
});

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      synthetic: { type: "string" },
      dir: { type: "string", default: path.join(os.tmpdir(), "glimpse-synthetic") },
      backend: { type: "string", default: "ort-node" },
      threads: { type: "string", default: "2" },
      tokens: { type: "string", default: "20" },
      beams: { type: "string", default: "1" },
      runs: { type: "string", default: "5" },
      expected: { type: "string" },
      python: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const synthetic = syntheticNames.find((name) => name === values.synthetic);
  const backends = values.backend.split(",").flatMap((name) => backendNames.find((b) => b === name) ?? []);
  const isClear =
    backends.length === values.backend.split(",").length &&
    (values.synthetic === undefined ? positionals.length === 1 : synthetic !== undefined && positionals.length === 0);
  if (values.help || !isClear) {
    console.log(usage);
    return values.help ? 0 : 2;
  }

  const folder = synthetic === undefined ? (positionals[0] ?? "") : await writeSynthetic(synthetic, values.dir);
  const known = synthetic && (await syntheticExpectation(synthetic));
  const config = await AutoConfig.fromPretrained(folder);
  const expected: ExpectedIds[] = [];
  const beams = count("beams", values.beams);
  // Greedy tokens are a beginning of any longer text; what beams find depends on how far they look.
  const isKnownSearch = beams === 4 && values.tokens === "6";
  const ids = beams === 1 ? known?.greedy : isKnownSearch ? known?.beam4 : undefined;
  if (ids != null) expected.push({ source: "synthetic.json", ids });
  if (values.expected !== undefined) {
    expected.push({ source: "--expected", ids: values.expected.split(",").map((id) => count("expected", id)) });
  }
  if (expected.length === 0 && values.python === undefined) {
    throw new Error("nothing says which ids are right; pass --expected IDS or --python PATH");
  }

  const temporary = await mkdtemp(path.join(os.tmpdir(), "glimpse-bench-"));
  try {
    const shape = known?.pixel_values ?? pixelShape(config);
    const file = path.join(temporary, "pixels.f32");
    await writeFile(file, new Uint8Array(syntheticPixels(shape).data.buffer));
    const job: Job = {
      folder: path.resolve(folder),
      threads: count("threads", values.threads),
      tokens: count("tokens", values.tokens),
      beams,
      runs: count("runs", values.runs),
      pixels: { file, shape },
      prompt: known?.input_ids ?? [config.bosTokenId ?? 101],
    };
    console.log(`${synthetic === undefined ? folder : `${synthetic}, synthetic weights`}`);
    const search = beams === 1 ? "" : `, ${beams} beams`;
    console.log(
      `${job.tokens} tokens${search}, ${job.threads} threads, median of ${job.runs} warm runs, ${os.cpus()[0]?.model}\n`,
    );
    return await compare(job, backends, expected, config, values.python);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Measures, checks the ids, prints the table. Resolves to the exit code. */
async function compare(
  job: Job,
  backends: readonly BackendName[],
  given: readonly ExpectedIds[],
  config: GitConfig,
  python: string | undefined,
): Promise<number> {
  const rows: Row[] = [];
  const wrong: string[] = [];
  const expected = [...given];
  const add = (row: Row) => {
    const problem = wrongIds(row.name, row.measurement.ids, expected);
    if (problem === undefined) rows.push(row);
    else wrong.push(problem);
    return problem === undefined;
  };
  let peer: Measurement | undefined;
  if (python !== undefined) {
    const row = await measurePeer(job, python);
    if (add(row)) {
      peer = row.measurement;
      expected.push({ source: row.name, ids: row.measurement.ids });
    }
  }
  for (const name of backends) add({ name, measurement: await measureBackend(job, name) });
  if (rows.length > 0) console.log(table(rows, float32Bytes(config), peer, job.threads));
  const waited = starved(rows, job.threads);
  if (waited.length > 0) {
    console.log(`\n${waited.join("; ")}: fewer cores than ${job.threads} threads can use.`);
    console.log("Either something else was running, or the model is too small for them. Such times prove nothing.");
  }
  for (const problem of wrong) console.log(`\n${problem}`);
  return wrong.length > 0 ? 1 : 0;
}

function float32Bytes(config: GitConfig): number {
  const shapes = [...expectedWeights(config, "causalLM").values()];
  return shapes.reduce((sum, shape) => sum + 4 * elementCount(shape), 0);
}

function pixelShape({ visionConfig: { imageSize }, numImageWithEmbedding: frames }: GitConfig): readonly number[] {
  return frames ? [1, frames, 3, imageSize, imageSize] : [1, 3, imageSize, imageSize];
}

function count(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${option}: expected whole numbers, got ${JSON.stringify(text)}`);
  return Number(text);
}
