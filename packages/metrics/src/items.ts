// What the metrics compare and what they refuse: items of one text against the texts of people, as tokens or as written.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";

/** One text that was generated and the texts of people that it is measured by, as tokens. */
export interface TokenItem {
  /** Names the item in errors; unique in a corpus. */
  readonly id: string;
  /** Tokens of the generated text, without white space; may be empty. */
  readonly candidate: readonly string[];
  /** Tokens of at least one reference. */
  readonly references: readonly (readonly string[])[];
}

/** The same with texts as they were written. For an answer to a question the references are the answers of people. */
export interface TextItem {
  /** Names the item in errors; unique in a corpus. */
  readonly id: string;
  /** The generated text; may be empty. */
  readonly candidate: string;
  /** At least one. */
  readonly references: readonly string[];
}

/** The scores of the items, in their order, and their mean, which is the score of the corpus. */
export interface ItemScores {
  /** Mean of `perItem`. */
  readonly mean: number;
  /** One score an item, in their order. */
  readonly perItem: readonly number[];
}

/** Scores every item. The corpus is checked by the caller. */
export function scoreEach<T>(items: readonly T[], score: (item: T) => number): ItemScores {
  const perItem = items.map(score);
  return { mean: perItem.reduce((sum, x) => sum + x, 0) / perItem.length, perItem };
}

/**
 * Throws "invalid-argument", listing every problem, when a corpus is empty, an id stands twice, or an item has no
 * reference. `subject` names the metric.
 */
export function checkItems(items: readonly (TokenItem | TextItem)[], subject: string): void {
  throwAll(problemsOf(items, subject));
}

/** The same, and for tokens that are empty or hold white space: an n-gram is its tokens joined by spaces. */
export function checkTokenItems(items: readonly TokenItem[], subject: string): void {
  const problems = problemsOf(items, subject);
  for (const { id, candidate, references } of items) {
    const wrong = [candidate, ...references].flat().find((token) => !/^\S+$/.test(token));
    if (wrong === undefined) continue;
    problems.push({
      subject: `${subject}, item ${show(id)}`,
      problem: "a token is not a word",
      expected: "tokens that are not empty and hold no white space",
      got: show(wrong),
      advice: "Split texts with tokenizeCaption().",
    });
  }
  throwAll(problems);
}

function problemsOf(items: readonly (TokenItem | TextItem)[], subject: string): Problem[] {
  if (items.length === 0) return [{ subject, problem: "there are no items", expected: "at least one" }];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const { id, references } of items) {
    const item = `${subject}, item ${show(id)}`;
    if (references.length === 0) problems.push({ subject: item, problem: "it has no references" });
    if (seen.has(id)) problems.push({ subject: item, problem: "its id stands twice" });
    seen.add(id);
  }
  return problems;
}

function throwAll(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}
