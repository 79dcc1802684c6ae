// The scores of an evaluation: as data, and as the table that a person reads.
import {
  type AnswerScores,
  type CaptionScores,
  evaluateAnswers,
  evaluateCaptions,
  type TextItem,
} from "@glimpsejs/metrics";
import { definitions } from "../text.ts";
import type { Result } from "./results.ts";
import type { Sample } from "./samples.ts";

/** Scores of what was generated; absent where there was nothing to score. */
export interface EvalScores {
  readonly captions?: CaptionScores & { readonly count: number };
  readonly answers?: AnswerScores & { readonly count: number };
}

/** Scores the samples that have results. */
export function scoreResults(samples: readonly Sample[], results: ReadonlyMap<string, Result>): EvalScores {
  const captions: TextItem[] = [];
  const answers: TextItem[] = [];
  for (const { id, references, answers: people } of samples) {
    const { caption, answer } = results.get(id) ?? {};
    if (caption !== undefined) captions.push({ id, candidate: caption, references });
    if (answer !== undefined) answers.push({ id, candidate: answer, references: people });
  }
  return {
    ...(captions.length > 0 && { captions: { count: captions.length, ...evaluateCaptions(captions) } }),
    ...(answers.length > 0 && { answers: { count: answers.length, ...evaluateAnswers(answers) } }),
  };
}

/** The lines of a table, times 100 as published tables have it. */
export function scoreTable({ captions, answers }: EvalScores, width: number): string[] {
  const table = (title: string, rows: readonly (readonly [string, number])[]) => [
    "",
    title,
    ...definitions(
      rows.map(([name, value]) => [name, (100 * value).toFixed(1).padStart(6)] as const),
      width,
    ),
  ];
  const text: string[] = [];
  if (captions !== undefined) {
    text.push(
      ...table(`Captions (${captions.count})`, [
        ["CIDEr-D", captions.cider],
        ...captions.bleu.map((value, i) => [`BLEU-${i + 1}`, value] as const),
        ["ROUGE-L", captions.rougeL],
        ["exact match", captions.exactMatch],
      ]),
    );
  }
  if (answers !== undefined) {
    text.push(
      ...table(`Answers (${answers.count})`, [
        ["VQA accuracy", answers.vqaAccuracy],
        ["exact match", answers.exactMatch],
      ]),
    );
  }
  return text;
}
