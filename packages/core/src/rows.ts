// Rows of integers that come from callers: ids, masks, positions, labels. Whether they are rows at all, and what may
// stand in them.
import { type Problem, show } from "@glimpsejs/base";

/** Integers by row, one row a text; all rows of one argument have the same length. */
export type Rows = readonly (readonly number[])[];

/** What an argument has to be. */
export interface RowsRule {
  readonly batch: number;
  /** Lengths that a row may have. */
  readonly lengths: readonly number[];
  /** Least and greatest value. */
  readonly range: readonly [least: number, most: number];
}

/** A problem if `rows` are not an array of arrays. */
export function shapeProblems(subject: string, rows: unknown): Problem[] {
  const expected = "an array of arrays of numbers, one a text";
  if (!Array.isArray(rows)) return [{ subject, problem: "it is no list of rows", expected, got: show(rows) }];
  return rows.flatMap((row, r) =>
    Array.isArray(row)
      ? []
      : [
          {
            subject: `${subject} row ${r}`,
            problem: "it is not a list",
            expected: "an array of numbers",
            got: show(row),
          },
        ],
  );
}

/** Every problem of `rows`, which are an array of arrays, or undefined. */
export function rowsProblems(subject: string, rows: Rows | undefined, { batch, lengths, range }: RowsRule): Problem[] {
  if (rows === undefined) return [];
  const problems: Problem[] = [];
  if (rows.length !== batch) {
    problems.push({
      subject,
      problem: "the number of rows is wrong",
      expected: String(batch),
      got: String(rows.length),
    });
  }
  const [least, most] = range;
  for (const [r, row] of rows.entries()) {
    if (!lengths.includes(row.length)) {
      const expected = [...new Set(lengths)].join(" or ");
      problems.push({
        subject: `${subject} row ${r}`,
        problem: "the length is wrong",
        expected,
        got: String(row.length),
      });
    }
    const wrong = row.findIndex((value) => !Number.isInteger(value) || value < least || value > most);
    if (wrong !== -1) {
      const [expected, got] = [`${least} to ${most}`, show(row[wrong])];
      problems.push({ subject: `${subject} row ${r}`, problem: "a value is out of range", expected, got });
    }
  }
  return problems;
}
