// generate(): prompts in, sequences out. Prompts come as token ids, with padding marked; the search never sees it.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import { float32, type HostTensor } from "@glimpsejs/graph";
import type { Prompt, Sequence, Step } from "./greedy.ts";

/** What generate() returns. */
export interface GenerateOutput {
  /** Per row: the prompt as it was given, then the generated tokens, the end token included; rows differ in length. */
  readonly sequences: readonly (readonly number[])[];
  /** Per row: only the generated tokens. */
  readonly generated: readonly (readonly number[])[];
  /** Per row and generated token: its log-probability, in nats. */
  readonly logProbs: readonly (readonly number[])[];
  /** With `outputScores`: per step the logits float32 [rows, V] chosen from; zeros for rows that had ended. */
  readonly scores?: readonly HostTensor<"float32">[];
}

/**
 * The prompts of `inputIds` rows. Tokens whose attention mask is 0 are padding and left out, so a padded row is the
 * row alone. `pictures` is the number of pictures: rows are dealt to them in turn, as the reference repeats its image
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
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize);
    if (wrong !== undefined)
      problems.push({
        subject,
        problem: "there is no such token",
        expected: `0 to ${config.vocabSize - 1}`,
        got: String(wrong),
      });
    return { picture: r % pictures, ids: kept };
  });
  if (inputIds.length === 0 || inputIds.length % pictures !== 0) {
    problems.push({
      subject: "inputIds",
      problem: "the rows do not fit the pictures",
      expected: `a multiple of ${pictures}`,
      got: String(inputIds.length),
    });
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
  return prompts;
}

/** Collects a search into its output, with scores over `scoresOf` tokens where that is given. */
export async function collect(
  search: AsyncIterable<Step>,
  inputIds: readonly (readonly number[])[],
  scoresOf: number | undefined,
): Promise<GenerateOutput> {
  let sequences: readonly Sequence[] = [];
  const scores: HostTensor<"float32">[] = [];
  for await (const step of search) {
    sequences = step.sequences;
    if (scoresOf === undefined) continue;
    const all = new Float32Array(inputIds.length * scoresOf);
    for (const { index, logits } of step.scores) all.set(logits, index * scoresOf);
    scores.push(float32(all, [inputIds.length, scoresOf]));
  }
  const generated = inputIds.map((_, r) => [...(sequences[r]?.tokens ?? [])]);
  return {
    sequences: inputIds.map((ids, r) => [...ids, ...(generated[r] ?? [])]),
    generated,
    logProbs: inputIds.map((_, r) => [...(sequences[r]?.logProbs ?? [])]),
    ...(scoresOf !== undefined && { scores }),
  };
}
