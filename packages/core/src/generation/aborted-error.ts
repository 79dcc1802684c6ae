// What a generation that was stopped by its signal rejects with: the reason, and what there was until then.
import { GlimpseError } from "@glimpsejs/base";
import type { Sequence } from "./search.ts";

/** Thrown when the signal of a running generation aborts. Its code is "aborted", its cause the signal's reason. */
export class AbortedError extends GlimpseError {
  /** Name of the class. */
  override readonly name: string = "AbortedError";
  /** The sequences as they were, unfinished; with beams the running ones, best first. */
  readonly sequences: readonly Sequence[];
  /** Their texts so far, where the call knows a tokenizer (caption(), answer(), or the option `decode`). */
  readonly texts: readonly string[];

  /** `cause` is the reason of the signal. */
  constructor(sequences: readonly Sequence[], texts: readonly string[], cause: unknown) {
    const longest = Math.max(0, ...sequences.map(({ tokens }) => tokens.length));
    super(
      {
        subject: "generate()",
        problem: `it was aborted by its signal after ${longest} tokens`,
        advice: "The error holds the text so far.",
      },
      { code: "aborted", cause },
    );
    this.sequences = sequences;
    this.texts = texts;
  }
}
