// All metrics of one kind of text at once, from texts as they are written.
import { type BleuScores, bleu } from "./bleu.ts";
import { cider } from "./cider.ts";
import { exactMatch } from "./exact-match.ts";
import { checkItems, type TextItem } from "./items.ts";
import { rougeL } from "./rouge-l.ts";
import { tokenizeCaption } from "./tokenize.ts";
import { vqaAccuracy } from "./vqa-accuracy.ts";

/** Scores of captions over a corpus. */
export interface CaptionScores {
  /** CIDEr-D, from 0 to 10; published tables print it times 100, so that 1.2 is "120". */
  readonly cider: number;
  /** BLEU-1 to BLEU-4, from 0 to 1. */
  readonly bleu: BleuScores;
  /** ROUGE-L, from 0 to 1. */
  readonly rougeL: number;
  /** Share of captions that have the same words as one of their references, from 0 to 1. */
  readonly exactMatch: number;
}

/** Scores of answers over a corpus. */
export interface AnswerScores {
  /** Official VQA accuracy, from 0 to 1. */
  readonly vqaAccuracy: number;
  /** Share of answers that are one of the answers of people, but for case and outer white space, from 0 to 1. */
  readonly exactMatch: number;
}

/** Scores captions, split by {@link tokenizeCaption}. Throws "invalid-argument". */
export function evaluateCaptions(items: readonly TextItem[]): CaptionScores {
  checkItems(items, "evaluateCaptions()");
  const tokens = items.map(({ id, candidate, references }) => ({
    id,
    candidate: tokenizeCaption(candidate),
    references: references.map(tokenizeCaption),
  }));
  const words = tokens.map(({ id, candidate, references }) => ({
    id,
    candidate: candidate.join(" "),
    references: references.map((reference) => reference.join(" ")),
  }));
  return {
    cider: cider(tokens).mean,
    bleu: bleu(tokens),
    rougeL: rougeL(tokens).mean,
    exactMatch: exactMatch(words).mean,
  };
}

/** Scores answers to questions; `references` are the answers of people. Throws "invalid-argument". */
export function evaluateAnswers(items: readonly TextItem[]): AnswerScores {
  checkItems(items, "evaluateAnswers()");
  const plain = items.map(({ id, candidate, references }) => ({
    id,
    candidate: tidy(candidate),
    references: references.map(tidy),
  }));
  return { vqaAccuracy: vqaAccuracy(items).mean, exactMatch: exactMatch(plain).mean };
}

function tidy(answer: string): string {
  return answer.trim().toLowerCase();
}
