// Forbids a token that would complete a run of tokens which the text has already.
// Source: https://arxiv.org/abs/1705.04304, section 2.5.
import { forbidding, type SparseProcessor } from "./processor.ts";

/** Lets runs of `size` tokens occur only once in the text, prompt included; 1 forbids every repeated token. */
export function noRepeatNgram(size: number): SparseProcessor {
  return forbidding(({ tokens }) => {
    const repeated: number[] = [];
    const last = tokens.length - (size - 1); // where the run begins that the next token completes
    for (let start = 0; start < last; start++) {
      let same = 0;
      while (same < size - 1 && tokens[start + same] === tokens[last + same]) same++;
      const next = tokens[start + size - 1];
      if (same === size - 1 && next !== undefined) repeated.push(next);
    }
    return repeated;
  });
}
