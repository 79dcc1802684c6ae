// Captions split as coco-caption splits them, and where not. Cases marked (CoreNLP) are expectations of CoreNLP's own
// PTBTokenizerTest, lower case and without what coco-caption removes.
import fc from "fast-check";
import { expect, test } from "vitest";
import { tokenizeCaption } from "./tokenize.ts";

test.each([
  ["A man is sitting on a bench.", "a man is sitting on a bench"],
  ["A dog, a cat; and (maybe) a \u201cbird\u201d \u2026", "a dog a cat and maybe a bird"],
  ["The man's dog doesn't like the dogs' bowl", "the man 's dog does n't like the dogs bowl"],
  ["It\u2019s a t-shirt - black-and-white -- 3-year-old", "it 's a t-shirt black-and-white 3-year-old"],
  ["They'll say I'd've cannot can't", "they 'll say i 'd 've can not ca n't"],
  ["rock 'n' roll at 5 o'clock", "rock n roll at 5 o'clock"],
  ["3,000 at 10:30 or 3.5 and 1/2, the 1st.", "3,000 at 10:30 or 3.5 and 1/2 the 1st"],
  ["50% of $5 & #1 *", "50 % of $ 5 & # 1 *"],
  ["Mr. Smith of the U.S. at 5 p.m.", "mr. smith of the u.s. at 5 p.m."],
  ["stop!!! what?! end..", "stop what end"],
  ["caf\u00e9 \u65e5\u672c two\u{1f600}\u{1f600}", "caf\u00e9 \u65e5\u672c two \u{1f600} \u{1f600}"],
  ["", ""],
  [" \n.\t", ""],
  ["Gimme a phone, I'm gonna call.", "gim me a phone i 'm gon na call"], // (CoreNLP)
  ["I said at 4:45pm.", "i said at 4:45 pm"], // (CoreNLP)
  ["Mary's dog liked AT&T", "mary 's dog liked at&t"], // (CoreNLP)
  ["the Sydney-based (37%-owned)", "the sydney-based 37 % owned"], // (CoreNLP)
  ["near Udaipur (84km)", "near udaipur 84km"], // (CoreNLP)
  ["@Harry_Styles you should've paid only$16.75.", "@harry_styles you should 've paid only $ 16.75"], // (CoreNLP)
  ["Indo\u00adnesian ship\u00adping", "indonesian shipping"], // (CoreNLP)
  ["what I mean...see . . . what I'm saying", "what i mean see what i 'm saying"], // (CoreNLP)
])("%j", (caption, expected) => {
  expect(tokenizeCaption(caption).join(" ")).toBe(expected);
});

test("tokens are words without white space or upper case, and stay as they are when split again", () => {
  const piece = fc.constantFrom(
    "dog",
    "Don't",
    "'s",
    ".",
    "U.S.",
    "-",
    "(",
    " ",
    "3,5",
    "mr.",
    "\ud800",
    "\u0000",
    "'ll",
    "&",
  );
  const caption = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.array(piece).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(caption, (text) => {
      const tokens = tokenizeCaption(text);
      expect(tokens.every((token) => /^\S+$/.test(token))).toBe(true);
      expect(tokenizeCaption(tokens.join(" "))).toEqual(tokens);
    }),
    { seed: 4, numRuns: 500 },
  );
});

test("a hostile word takes linear time", () => {
  const start = performance.now();
  tokenizeCaption(`a${"'s".repeat(200_000)}x ${"u.".repeat(200_000)} ${"1,".repeat(200_000)}`);
  expect(performance.now() - start).toBeLessThan(3000);
});
