// Exact match: the share of texts that are, character for character, one of their references (as for answers in
// P. Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016). What is to be
// overlooked, such as case, is taken away by the caller.
import { checkItems, type ItemScores, scoreEach, type TextItem } from "./items.ts";

/** 1 for every text that equals one of its references, else 0, and the mean. Throws "invalid-argument". */
export function exactMatch(items: readonly TextItem[]): ItemScores {
  checkItems(items, "exactMatch()");
  return scoreEach(items, ({ candidate, references }) => (references.includes(candidate) ? 1 : 0));
}
