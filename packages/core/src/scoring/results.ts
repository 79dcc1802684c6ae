// What scoring gives back: likelihoods of whole texts, ranked or as probabilities of labels.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";

/** How likely one given text is. */
export interface TextScore {
  /** The text as it was given. */
  readonly text: string;
  /** Its tokens, the closing [SEP] included. */
  readonly tokens: readonly number[];
  /** Log-probability of each token, in nats. */
  readonly logProbs: readonly number[];
  /** Their sum: the log-likelihood of the text. */
  readonly logProb: number;
  /** exp(−logProb / number of tokens). */
  readonly perplexity: number;
}

/** A text among others: its place in the list that was given. */
export interface RankedText extends TextScore {
  /** From 0. */
  readonly index: number;
}

/** How probable one label is. */
export interface LabelScore {
  /** The label as it was given. */
  readonly label: string;
  /** Its place in the list that was given. */
  readonly index: number;
  /** Log-probability of the label's tokens and [SEP], in nats. */
  readonly logProb: number;
  /** exp(logProb): the probability that the model, unconstrained, says exactly this. */
  readonly probability: number;
  /** The same among the given labels only: all of them sum to 1. */
  readonly normalized: number;
}

/** Puts a text's tokens and their log-probabilities together. */
export function textScore(text: string, tokens: readonly number[], logProbs: readonly number[]): TextScore {
  const logProb = logProbs.reduce((sum, x) => sum + x, 0);
  return { text, tokens, logProbs, logProb, perplexity: Math.exp(-logProb / tokens.length) };
}

/** Labels by probability, the likeliest first. Equal labels share nothing: each has the probability of its text. */
export function labelScores(scores: readonly TextScore[]): readonly LabelScore[] {
  // Not Math.max(...): a call takes only so many arguments.
  const best = scores.reduce((most, { logProb }) => Math.max(most, logProb), Number.NEGATIVE_INFINITY);
  const total = scores.reduce((sum, { logProb }) => sum + Math.exp(logProb - best), 0);
  return scores
    .map(({ text, logProb }, index) => {
      const normalized = Math.exp(logProb - best) / total;
      return { label: text, index, logProb, probability: Math.exp(logProb), normalized };
    })
    .toSorted((a, b) => b.logProb - a.logProb);
}

/** Throws "invalid-argument" listing what cannot be scored: no texts at all, texts without a token, texts too long. */
export function checkTexts(
  subject: string,
  texts: readonly string[],
  tokens: readonly (readonly number[])[],
  room: number,
): void {
  const problems: Problem[] = tokens.flatMap((ids, i): Problem[] => {
    const where = `${subject} text ${i}`;
    // Every text ends with [SEP], so one of a single token has none of its own.
    if (ids.length < 2) return [{ subject: where, problem: "it holds no token", got: show(texts[i]) }];
    if (ids.length <= room) return [];
    const problem = "it is longer than the positions the model has left";
    return [{ subject: where, problem, expected: `at most ${room} tokens`, got: String(ids.length) }];
  });
  if (texts.length === 0)
    problems.push({ subject, problem: "there is nothing to score", advice: "Pass at least one text." });
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}
