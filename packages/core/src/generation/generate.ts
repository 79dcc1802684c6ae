// generate(): prompts in, sequences out. Prompts come as token ids, with padding marked; the search never sees it.
import type { Problem } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import { float32, type HostTensor } from "@glimpsejs/graph";
import { throwProblems } from "../options.ts";
import { idProblems } from "../token-ids.ts";
import type { Prompt } from "./leaves.ts";
import type { CheckedGeneration } from "./plan.ts";
import type { Search } from "./search.ts";

/**
 * What generate() returns: numReturnSequences rows for each row of inputIds, best first. Beam search returns fewer for
 * a prompt that the options leave fewer ways to continue, but at least one.
 */
export interface GenerateOutput {
  /** Per row: the prompt as it was given, then the generated tokens, the end token included; rows differ in length. */
  readonly sequences: readonly (readonly number[])[];
  /** Per row: only the generated tokens. */
  readonly generated: readonly (readonly number[])[];
  /** Per row and generated token: its log-probability under the model, in nats, before any processor. */
  readonly logProbs: readonly (readonly number[])[];
  /** With beams, per row: the processed total divided by the length penalty, see `lengthPenaltyFormula`. */
  readonly sequencesScores?: readonly number[];
  /** With beams, per row and generated token: which beam (prompt · numBeams + beam) it continued. */
  readonly beamIndices?: readonly (readonly number[])[];
  /** With `outputScores`: per step the processed scores float32 [rows or beams, V]; zeros for those that had ended. */
  readonly scores?: readonly HostTensor<"float32">[];
  /** When each token was there, in milliseconds after the call began. */
  readonly times: readonly number[];
}

/**
 * The prompts of `inputIds` rows. Tokens whose attention mask is 0 are padding and not fed, so that the model computes the
 * row alone; only what counts tokens (maxLength, minLength) or compares them sees padding, as in the reference. `pictures` is the number of pictures: rows are dealt to them in turn, as the reference repeats its image
 * features (row i gets picture i mod pictures). Throws "invalid-argument" listing every row that is wrong.
 */
export function promptsOf(
  inputIds: readonly (readonly number[])[],
  attentionMask: readonly (readonly number[])[] | undefined,
  pictures: number,
  config: GitConfig,
): readonly Prompt[] {
  const problems: Problem[] = [];
  const prompts = inputIds.map((ids, r): Prompt => {
    const mask = attentionMask?.[r];
    const subject = `inputIds row ${r}`;
    const wrong = idProblems(subject, ids, config.vocabSize);
    problems.push(...wrong);
    if (wrong.length > 0) return { picture: r % pictures, ids: [], row: [] };
    if (attentionMask !== undefined && mask?.length !== ids.length) {
      problems.push({
        subject,
        problem: "its attention mask has another length",
        expected: String(ids.length),
        got: String(mask?.length ?? 0),
      });
    }
    const kept = ids.filter((_, i) => mask === undefined || mask[i] !== 0);
    if (kept.length === 0) problems.push({ subject, problem: "it holds no token", advice: "Start a text with [CLS]." });
    return { picture: r % pictures, ids: kept, row: ids };
  });
  if (inputIds.length === 0 || inputIds.length % pictures !== 0) {
    problems.push({
      subject: "inputIds",
      problem: "the rows do not fit the pictures",
      expected: `a multiple of ${pictures}`,
      got: String(inputIds.length),
    });
  }
  throwProblems(problems);
  return prompts;
}

/** Runs a search to its end. `prompts` are those it was given, made of the rows of `inputIds` in their order. */
export async function collect(
  search: Search,
  inputIds: readonly (readonly number[])[],
  prompts: readonly Prompt[],
  plan: CheckedGeneration,
): Promise<GenerateOutput> {
  const start = performance.now();
  const times: number[] = [];
  const scores: HostTensor<"float32">[] = [];
  let step = await search.next();
  try {
    for (; !step.done; step = await search.next()) {
      times.push(performance.now() - start);
      if (plan.outputScores)
        scores.push(scoreTensor(step.value.scores, inputIds.length * Math.max(plan.numBeams, plan.numReturnSequences)));
    }
  } finally {
    await search.return([]); // what it holds is freed, also if there was no memory for the scores
  }
  const sequences = step.value;
  const rowOf = new Map(prompts.map((prompt, r) => [prompt, inputIds[r] ?? []]));
  return {
    sequences: sequences.map(({ prompt, tokens }) => [...(rowOf.get(prompt) ?? []), ...tokens]),
    generated: sequences.map(({ tokens }) => tokens),
    logProbs: sequences.map(({ logProbs }) => logProbs),
    ...(plan.numBeams > 1 && {
      sequencesScores: sequences.map(({ score = 0 }) => score),
      beamIndices: sequences.map(({ beamIndices = [] }) => beamIndices),
    }),
    ...(plan.outputScores && { scores }),
    times,
  };
}

function scoreTensor(
  rows: readonly { readonly row: number; readonly values: Float32Array }[],
  count: number,
): HostTensor<"float32"> {
  const width = rows[0]?.values.length ?? 0;
  const all = new Float32Array(count * width);
  for (const { row, values } of rows) all.set(values, row * width);
  return float32(all, [count, width]);
}
