// The WordPiece model: one word into the ids of its longest known pieces, from left to right. Knows nothing of
// normalization or special tokens.

/** What marks a piece that continues a word. */
export const continuation = "##";

/** Most code points of a word that is not unknown for its length. */
export const maxWordLength = 100;

/** Appends the ids of one word (not empty, without white space) to `ids`. */
export type WordPiece = (word: string, ids: number[]) => void;

/**
 * Makes the model of `pieces`, which map each piece, "##" included, to its id. A word of which some part is unknown, or
 * that has more than {@link maxWordLength} code points, is `unkTokenId`. Time is linear in the length of the word.
 */
export function wordPiece(pieces: ReadonlyMap<string, number>, unkTokenId: number): WordPiece {
  const tails = new Map<string, number>();
  let longest = 0;
  for (const [piece, id] of pieces) {
    longest = Math.max(longest, piece.length);
    if (piece.startsWith(continuation)) tails.set(piece.slice(continuation.length), id);
  }

  return (word, ids) => {
    const before = ids.length;
    if (isTooLong(word)) {
      ids.push(unkTokenId);
      return;
    }
    for (let start = 0; start < word.length; ) {
      const known = start === 0 ? pieces : tails;
      let end = Math.min(word.length, start + longest);
      let id = known.get(word.slice(start, end));
      // Ends inside a surrogate pair are tried too; no piece matches there.
      while (id === undefined && --end > start) id = known.get(word.slice(start, end));
      if (id === undefined) {
        ids.length = before;
        ids.push(unkTokenId);
        return;
      }
      ids.push(id);
      start = end;
    }
  };
}

function isTooLong(word: string): boolean {
  if (word.length <= maxWordLength) return false;
  return word.length > 2 * maxWordLength || [...word].length > maxWordLength; // no need to count a very long one
}
