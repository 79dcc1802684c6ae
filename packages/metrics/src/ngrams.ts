// N-grams of a text and how often each occurs, for the metrics that count them.

/** The longest n-gram that BLEU and CIDEr count. */
export const longestNgram = 4;

/** For n = 1 to 4, at index n - 1: every n-gram, its tokens joined by spaces, and how often it occurs. */
export function countNgrams(tokens: readonly string[]): readonly ReadonlyMap<string, number>[] {
  return Array.from({ length: longestNgram }, (_, i) => {
    const counts = new Map<string, number>();
    for (let end = i + 1; end <= tokens.length; end++) {
      const ngram = tokens.slice(end - i - 1, end).join(" ");
      counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
    }
    return counts;
  });
}
