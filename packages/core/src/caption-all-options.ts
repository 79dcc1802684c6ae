// The options and results of captionAll(), and what is checked before it begins.
import { type Problem, show } from "@glimpsejs/base";
import { functionProblems, throwProblems } from "./options.ts";
import type { TaskOptions, TextResult } from "./tasks.ts";

/** How far captionAll() is. */
export interface CaptionAllProgress {
  /** Pictures that have a caption. */
  readonly captioned: number;
  /** Pictures that failed. */
  readonly failed: number;
}

/** Options of captionAll(): those of caption(), which hold for every picture. */
export interface CaptionAllOptions extends TaskOptions {
  /** Answer this question about every picture instead of captioning. */
  readonly question?: string | undefined;
  /**
   * Pictures per run, a whole number from 1. Default 8. At most two batches are held: one that is computed and one that
   * is being prepared. A source is asked for no more before the results of a batch have been taken.
   */
  readonly batchSize?: number | undefined;
  /** Called after every batch. */
  readonly onProgress?: ((progress: CaptionAllProgress) => void) | undefined;
}

/** What captionAll() gives for one picture: its text, or why there is none. */
export type CaptionAllResult =
  | {
      /** Which picture of the source, from 0. */
      readonly index: number;
      /** Its text; absent where there is an error. */
      readonly result: TextResult;
      /** Why it has no text, such as a file that is no picture; absent where there is a result. */
      readonly error?: undefined;
    }
  | {
      /** Which picture of the source, from 0. */
      readonly index: number;
      /** Its text; absent where there is an error. */
      readonly result?: undefined;
      /** Why it has no text, such as a file that is no picture; absent where there is a result. */
      readonly error: unknown;
    };

/** Every option of captionAll() beyond those of caption(). */
export const captionAllOptionNames: readonly string[] = ["question", "batchSize", "onProgress"];

/** Throws "invalid-argument" listing everything wrong with the source and the options that only captionAll() has. */
export function checkCaptionAll(source: unknown, options: CaptionAllOptions): void {
  const { batchSize = 8 } = options;
  const problems: Problem[] = [...functionProblems(options, ["onProgress"])];
  if (!isSource(source)) {
    const expected = "an array, an iterable or an async iterable of pictures";
    problems.push({ subject: "captionAll()", problem: "there is nothing to iterate", expected, got: show(source) });
  }
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    const expected = "a whole number from 1";
    problems.push({ subject: 'option "batchSize"', problem: "it is out of range", expected, got: show(batchSize) });
  }
  throwProblems(problems);
}

function isSource(source: unknown): boolean {
  return typeof source === "object" && source !== null && (Symbol.asyncIterator in source || Symbol.iterator in source);
}
