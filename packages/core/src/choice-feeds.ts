// Which rows of logits the decoder is to choose from, and among which tokens: feeds of the part of its graph that
// `choices` in model describes. Rows are dealt to pictures in their order, as the next run's text rows will be.
import type { Feeds } from "@glimpsejs/backend";
import { int32 } from "@glimpsejs/graph";

/** What is chosen from the rows of logits that a run computes. */
export interface Choice {
  /** For each row the tokens that must not be chosen. */
  readonly masked: readonly (readonly number[])[];
  /** For each row tokens whose logits are asked for by name. */
  readonly given: readonly (readonly number[])[];
  /** How many of the best tokens are asked for, 1 … V; default 1. */
  readonly count?: number;
}

/** The feeds, and for each row which of the batch · columns choices is its own. */
export interface ChoiceFeeds {
  readonly feeds: Feeds;
  readonly cells: readonly number[];
}

/** `pictures` says of each row of logits which picture it is about. Without a choice nothing is chosen. */
export function choiceFeeds(
  pictures: readonly number[],
  batch: number,
  vocabSize: number,
  { masked, given, count = 1 }: Choice = { masked: [], given: [] },
): ChoiceFeeds {
  const counts = new Array<number>(batch).fill(0);
  const columnOf = pictures.map((picture) => {
    const column = counts[picture] ?? 0;
    counts[picture] = column + 1;
    return column;
  });
  const columns = masked.length === 0 ? 0 : Math.max(...counts);
  const cells = pictures.map((picture, row) => picture * columns + (columnOf[row] ?? 0));
  const longest = masked.reduce((most, tokens) => Math.max(most, tokens.length), 0);
  const chosen = new Int32Array(batch * columns); // pictures with fewer rows choose from row 0 once more
  const tokens = new Int32Array(batch * columns * longest).fill(-1);
  for (const [row, list] of masked.entries()) {
    const cell = cells[row] ?? 0;
    chosen[cell] = row;
    tokens.set(list, cell * longest);
  }
  const entries = given.flatMap((list, row) => list.map((token) => row * vocabSize + token));
  return {
    cells,
    feeds: {
      chosen: int32(chosen, [batch, columns]),
      masked: int32(tokens, [batch, columns, longest]),
      given: int32(entries, [entries.length]),
      candidates: int32(new Int32Array(count), [count]),
    },
  };
}
