// Cases of generate(). Runs with options that generate() does not have are listed, never counted as passed.
import { GenerationConfig } from "@glimpsejs/config";
import type { GenerateOptions, GitForCausalLM, Rows } from "@glimpsejs/core";
import { float32, type HostTensor } from "@glimpsejs/graph";
import { messageOf } from "../report-error.ts";
import type { GenerateCase, GenerateRun } from "./case.ts";
import { type Check, compareRows, compareTensors, failure } from "./compare.ts";
import { input, loading, type VerifyContext } from "./context.ts";

/** A run that was not compared, and the options that generate() does not have. */
export interface UnsupportedRun {
  /** Name of the run in its case. */
  readonly tag: string;
  /** In the oracle's spelling. */
  readonly options: readonly string[];
}

/** What a generate case gives. */
export interface GenerateChecks {
  readonly checks: readonly Check[];
  readonly unsupported: readonly UnsupportedRun[];
}

/** Runs every run of a generate case that generate() has the options for. */
export async function verifyGenerate(c: GenerateCase, context: VerifyContext): Promise<GenerateChecks> {
  await using model = await context.glimpse.GitForCausalLM.fromPretrained(c.folder, loading(context));
  const pixelValues = input(c.inputs, "pixel_values");
  const checks: Check[] = [];
  const unsupported: UnsupportedRun[] = [];
  for (const run of c.runs) {
    try {
      const { unknown } = generateOptions(run);
      if (unknown.length > 0) {
        unsupported.push({ tag: run.tag, options: unknown });
        continue;
      }
      checks.push(...(await verifyRun(model, run, pixelValues, c.expected.get(`${run.tag}.scores`), context)));
    } catch (error) {
      if (context.signal?.aborted) throw error;
      checks.push(failure(run.tag, messageOf(error)));
    }
  }
  checks.push(...(await verifySampling(model, pixelValues, c.expected, context)));
  return { checks, unsupported };
}

async function verifyRun(
  model: GitForCausalLM,
  run: GenerateRun,
  pixelValues: HostTensor<"float32">,
  expectedScores: HostTensor<"float32"> | undefined,
  { tolerance, signal }: VerifyContext,
): Promise<Check[]> {
  const { options } = generateOptions(run);
  const { sequences, scores, sequencesScores } = await model.generate({
    ...options,
    pixelValues: firstRows(pixelValues, run.rows),
    inputIds: run.inputIds,
    attentionMask: run.attentionMask?.slice(0, run.rows),
    outputScores: expectedScores !== undefined,
    signal,
  });
  const ends = endTokens(model, options);
  const perPrompt = run.sequences.length / run.inputIds.length; // num_return_sequences
  const prompts = run.inputIds.flatMap((ids) => Array.from({ length: perPrompt }, () => ids.length));
  const expected = untilEnd(run.sequences, prompts, ends);
  const ids = compareRows(`${run.tag}.sequences`, expected, untilEnd(sequences, prompts, ends));
  if (run.sequencesScores !== undefined) {
    const [expected, got] = [run.sequencesScores, sequencesScores ?? []].map((values) =>
      float32(values, [values.length]),
    );
    return [ids, compareTensors(`${run.tag}.sequences_scores`, expected as HostTensor<"float32">, got, tolerance)];
  }
  if (expectedScores === undefined) return [ids];
  const hasEnded = ([r = 0, step = 0]: readonly number[]) => step >= (expected[r]?.length ?? 0) - (prompts[r] ?? 0);
  return [ids, compareTensors(`${run.tag}.scores`, expectedScores, stacked(scores ?? []), tolerance, hasEnded)];
}

/** The options of a run: the oracle's names are those of generation_config.json; what that does not know is `extra`. */
function generateOptions({ args }: GenerateRun): {
  readonly options: GenerateOptions;
  readonly unknown: readonly string[];
} {
  const {
    extra,
    padTokenId: _,
    outputLogits,
    outputAttentions,
    outputHiddenStates,
    ...options
  } = GenerationConfig.fromJson(args);
  const inspecting = { outputLogits, outputAttentions, outputHiddenStates };
  return {
    options,
    unknown: [...Object.keys(extra), ...Object.entries(inspecting).flatMap(([name, value]) => (value ? [name] : []))],
  };
}

function endTokens({ generationConfig, config }: GitForCausalLM, options: GenerateOptions): ReadonlySet<number> {
  const ids = options.eosTokenId ?? generationConfig.eosTokenId ?? config.eosTokenId ?? [];
  return new Set(typeof ids === "number" ? [ids] : ids);
}

/** Rows up to and with their first end token: what stands behind it is padding, and everybody fills it differently. */
function untilEnd(rows: Rows, prompts: readonly number[], ends: ReadonlySet<number>): Rows {
  return rows.map((ids, r) => {
    const end = ids.findIndex((id, i) => i >= (prompts[r] ?? 0) && ends.has(id));
    return end === -1 ? ids : ids.slice(0, end + 1);
  });
}

/** The files have −1e30 for −∞. */
function finite(score: number): number {
  return Math.max(score, -1e30);
}

/** The scores of all steps, each float32 [B, V], as float32 [B, steps, V]. */
function stacked(steps: readonly HostTensor<"float32">[]): HostTensor<"float32"> | undefined {
  const [rows, width] = steps[0]?.shape ?? [];
  if (rows === undefined || width === undefined) return undefined;
  const data = new Float32Array(rows * steps.length * width);
  for (const [s, step] of steps.entries()) {
    for (let r = 0; r < rows; r++) {
      const row = step.data.subarray(r * width, (r + 1) * width);
      data.set(row.map(finite), (r * steps.length + s) * width);
    }
  }
  return float32(data, [rows, steps.length, width]);
}

/** What each of the oracle's samplers was set to when the `sampling.*` tensors were made. */
const samplers: Readonly<Record<string, GenerateOptions>> = {
  temperature: { temperature: 0.7 },
  top_k: { topK: 7 },
  top_p: { topP: 0.8 },
  min_p: { minP: 0.1 },
  typical_p: { typicalP: 0.6 },
  epsilon_cutoff: { epsilonCutoff: 0.01 },
  eta_cutoff: { etaCutoff: 0.02 },
};

/** The warped logits of one step of sampling, `sampling.NAME` float32 [B, V]; what is drawn from them is not compared. */
async function verifySampling(
  model: GitForCausalLM,
  pixelValues: HostTensor<"float32">,
  expected: ReadonlyMap<string, HostTensor<"float32">>,
  { tolerance, signal }: VerifyContext,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [name, sampler] of Object.entries(samplers)) {
    const wanted = expected.get(`sampling.${name}`);
    if (wanted === undefined) continue;
    const { scores = [] } = await model.generate({
      pixelValues,
      maxNewTokens: 1,
      doSample: true,
      topK: 0,
      outputScores: true,
      signal,
      ...sampler,
    });
    const [step] = scores;
    const got = step && float32(step.data.map(finite), step.shape);
    checks.push(compareTensors(`sampling.${name}`, wanted, got, tolerance));
  }
  return checks;
}

function firstRows({ data, shape }: HostTensor<"float32">, rows: number): HostTensor<"float32"> {
  const [all = 1, ...rest] = shape;
  return float32(data.subarray(0, (data.length / all) * rows), [rows, ...rest]);
}
