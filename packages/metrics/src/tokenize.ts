// Splits captions into words as coco-caption does before it counts: the Penn Treebank way, lower case, without
// punctuation. A small reading of those rules, not a port of the Java program; tokenizeCaption() says where it differs.

const letter = String.raw`[\p{L}\p{M}\p{N}_]`;
const tokenPattern = new RegExp(
  [
    String.raw`\p{L}(?:\.\p{L}(?!${letter}))+\.?`, // u.s., p.m.
    String.raw`(?:mr|mrs|ms|dr|prof|st|jr|sr|vs)\.`,
    String.raw`\d+(?:[.,:/]\d+)+(?:-${letter}+)*`, // 3,000, 10:30, 1/2, 3.5-inch; of 4:45pm only the digits
    String.raw`[@#]\p{L}${letter}*`,
    `'(?:s|m|d|ll|re|ve)(?!${letter})`, // so that what was tokenized before stays as it is
    `${letter}+(?:['&/-]${letter}+)*`, // doesn't, at&t, black-and-white
    String.raw`[^\s\p{C}]`, // any other sign is a token
  ].join("|"),
  "gu",
);

const removed: ReadonlySet<string> = new Set(["'", '"', "`", ".", "?", "!", ",", ":", ";", "-", ..."()[]{}"]);

const assimilated: ReadonlyMap<string, readonly string[]> = new Map([
  ["cannot", ["can", "not"]],
  ["gimme", ["gim", "me"]],
  ["gonna", ["gon", "na"]],
  ["gotta", ["got", "ta"]],
  ["lemme", ["lem", "me"]],
  ["wanna", ["wan", "na"]],
]);

/**
 * The words of a caption, lower case, for the metrics that count words. Contractions split ("does n't", "man 's",
 * "can not", "gon na"); compounds with a hyphen, a slash or "&" and numbers stay whole; marks of punctuation, which
 * coco-caption throws away, are gone; other signs ("$", "%", "&", an emoji) are words.
 *
 * It differs from the Java PTBTokenizer of Stanford CoreNLP 3.4.1 with coco-caption's list of punctuation in these:
 * - brackets are gone, while there they become "-lrb-" and "-rrb-", which the list, in capitals, does not catch;
 *   square ones ("-lsb-") are not on the list;
 * - runs such as "?!" and "!!!" are gone, while there they are one token each, which the list does not have;
 * - "/" and "*" stay as they are, while there they are written "\/" and "\*" (which changes no score);
 * - a period stays only in letters that alternate with it ("u.s.") and after mr, mrs, ms, dr, prof, st, jr, sr and vs,
 *   while there it stays after some hundred abbreviations, of months and companies among them;
 * - addresses, emoticons, tags, "y'all", "dunno", "'tis", "'twas" and "'em" are not known.
 * For lower-case captions of words, commas and a final period, as COCO's mostly are, no difference is known.
 */
export function tokenizeCaption(caption: string): string[] {
  const plain = caption
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/\u00ad/g, "");
  return (plain.match(tokenPattern) ?? [])
    .filter((token) => !removed.has(token) && !/^[\u2010-\u2015\u201c-\u201e\u2026]$/.test(token))
    .flatMap((token) => assimilated.get(token) ?? splitContraction(token));
}

/** "doesn't" as "does" and "n't", "i'd've" as "i", "'d" and "'ve". */
function splitContraction(word: string): readonly string[] {
  // At most three endings, so that a hostile word takes no more than linear time.
  const [, stem, endings] = /^(.+?)((?:n't|'(?:s|m|d|ll|re|ve)){1,3})$/u.exec(word) ?? [];
  if (stem === undefined || endings === undefined) return [word];
  return [stem, ...(endings.match(/n't|'[a-z]+/g) ?? [])];
}
