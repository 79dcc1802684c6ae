// The caption metrics by hand and by their properties; the numbers of a whole corpus are in fixture.test.ts.
import { GlimpseError } from "@glimpsejs/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bleu } from "./bleu.ts";
import { cider } from "./cider.ts";
import { evaluateCaptions } from "./evaluate.ts";
import { exactMatch } from "./exact-match.ts";
import type { TokenItem } from "./items.ts";
import { rougeL } from "./rouge-l.ts";

const words = (text: string) => text.split(" ").filter((word) => word !== "");

/** A corpus of [candidate, ...references]. */
function corpus(...texts: readonly (readonly [string, ...string[]])[]): TokenItem[] {
  return texts.map(([candidate, ...references], i) => ({
    id: `${i}`,
    candidate: words(candidate),
    references: references.map(words),
  }));
}

describe("CIDEr-D by hand", () => {
  test("two items that share no n-gram: a right text of four words scores 10, of two words 5", () => {
    // Every n-gram is in one of two items, so weighs log 2. Item 0: the cosine is 1 for n = 1 to 4. Item 1: for
    // n = 1 and 2; a text of two words has no 3-grams and 4-grams, which count 0. 10 (1+1+0+0) / 4 = 5.
    expect(cider(corpus(["a b c d", "a b c d"], ["x y", "x y"])).perItem).toEqual([
      expect.closeTo(10, 12),
      expect.closeTo(5, 12),
    ]);
  });

  test("clipping, and the penalty for length", () => {
    // "a a" against "a b", log 2 = w everywhere. n = 1: candidate (2w, 0), reference (w, w); clipped to w, the product is
    // w², the norms 2w and √2 w, so 1 / (2√2). n = 2: nothing in common. 10/4 · 1/(2√2).
    const [clipped] = cider(corpus(["a a", "a b"], ["x", "y"])).perItem;
    expect(clipped).toBeCloseTo(2.5 / (2 * Math.SQRT2), 12);
    // "a" against "a b c d e f g": n = 1 alone, cosine 1/√7, six tokens apart: exp(-36/72).
    const [short] = cider(corpus(["a", "a b c d e f g"], ["x", "y"])).perItem;
    expect(short).toBeCloseTo((2.5 / Math.sqrt(7)) * Math.exp(-0.5), 12);
  });

  test("the mean over references, and weights by how many items have a word", () => {
    // Three items. "a" is in two of them: log 3/2 = u; "b" in one: log 3 = v. Candidate "a b" against "a b": n = 1 and 2
    // have cosine 1, so 5. Against "a": u² / (√(u²+v²) u), one token apart: exp(-1/72). Half of each.
    const [u, v] = [Math.log(1.5), Math.log(3)];
    const second = 2.5 * (u / Math.hypot(u, v)) * Math.exp(-1 / 72);
    const [first] = cider(corpus(["a b", "a b", "a"], ["a", "a"], ["c", "c"])).perItem;
    expect(first).toBeCloseTo((5 + second) / 2, 12);
  });

  test("what stands in every item weighs nothing, so a corpus of one item scores 0", () => {
    expect(cider(corpus(["a man rides a horse", "a man rides a horse"])).mean).toBe(0);
    expect(cider(corpus(["a", "a"], ["a", "a"])).mean).toBe(0);
  });
});

describe("BLEU by hand", () => {
  test("the example of the paper: 'the' seven times is right twice", () => {
    // Papineni et al., section 2.1: the most that one reference has is 2, so BLEU-1 is 2/7; 6 or 7 words are wanted.
    const [first, second] = bleu(
      corpus(["the the the the the the the", "the cat is on the mat", "there is a cat on the mat"]),
    );
    expect(first).toBeCloseTo(2 / 7, 8);
    expect(second).toBeLessThan(1e-7);
  });

  test("brevity, and the shorter of two equally close references", () => {
    // Three words of five: exp(1 - 5/3), precision 1. Against 2 and 4 words, both one away: 2 counts, so no penalty.
    expect(bleu(corpus(["a b c", "a b c d e"]))[0]).toBeCloseTo(Math.exp(1 - 5 / 3), 8);
    expect(bleu(corpus(["a b c", "a b", "a b c d"]))[0]).toBeCloseTo(1, 8);
    expect(bleu(corpus(["a b c", "a b c d", "a b"]))[0]).toBeCloseTo(1, 8);
  });

  test("it counts over the corpus and does not average", () => {
    // One of one word right, none of three: 1/4, where the mean of items would be 1/2.
    expect(bleu(corpus(["a", "a"], ["b b b", "c c c"]))[0]).toBeCloseTo(1 / 4, 8);
  });

  test("2-grams by hand", () => {
    // "a b x c d" has 1-grams 4/5 and 2-grams 2/4 (a b, c d) right: √(4/5 · 1/2).
    expect(bleu(corpus(["a b x c d", "a b c d e"]))[1]).toBeCloseTo(Math.sqrt(0.4), 8);
  });
});

describe("ROUGE-L by hand", () => {
  test("the example of the paper, with beta 1.2", () => {
    // Lin, section 3.1: "police killed the gunman" against "police kill the gunman" has 3 of 4 in order, "the gunman
    // kill police" 2 of 4. Precision and recall are equal, so the score is both.
    const reference = "police killed the gunman";
    const { perItem } = rougeL(corpus(["police kill the gunman", reference], ["the gunman kill police", reference]));
    expect(perItem).toEqual([expect.closeTo(0.75, 12), expect.closeTo(0.5, 12)]);
  });

  test("precision and recall may come from two references", () => {
    // "a b": precision 2/2 and recall 2/4 of "a x b y"; precision 1/2 and recall 1/1 of "a". The best are 1 and 1.
    expect(rougeL(corpus(["a b", "a x b y", "a"])).mean).toBeCloseTo(1, 12);
    // Of the first alone: 2.44 · 1 · 0.5 / (0.5 + 1.44 · 1).
    expect(rougeL(corpus(["a b", "a x b y"])).mean).toBeCloseTo(1.22 / 1.94, 12);
  });
});

test("exact match is character for character", () => {
  const items = [
    { id: "a", candidate: "a dog", references: ["a cat", "a dog"] },
    { id: "b", candidate: "A dog", references: ["a dog"] },
    { id: "c", candidate: "", references: [""] },
  ];
  expect(exactMatch(items)).toEqual({ mean: 2 / 3, perItem: [1, 0, 1] });
});

const text = fc.array(fc.constantFrom("a", "b", "c", "dog", "on"), { maxLength: 9 });
const items = fc
  .array(fc.record({ candidate: text, references: fc.array(text, { minLength: 1, maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) => list.map((item, i) => ({ id: `${i}`, ...item })));
const fixed = { seed: 4, numRuns: 200 };

describe("properties", () => {
  test("scores lie in their ranges and are numbers", () => {
    fc.assert(
      fc.property(items, (list) => {
        const within = (value: number, most: number) => value >= 0 && value <= most + 1e-9;
        return (
          cider(list).perItem.every((x) => within(x, 10)) &&
          bleu(list).every((x) => within(x, 1)) &&
          rougeL(list).perItem.every((x) => within(x, 1))
        );
      }),
      fixed,
    );
  });

  test("the order of items and of references changes nothing", () => {
    const scores = (list: readonly TokenItem[]) => [cider(list).mean, ...bleu(list), rougeL(list).mean];
    fc.assert(
      fc.property(items, (list) => {
        const turned = list.map((item) => ({ ...item, references: item.references.toReversed() })).toReversed();
        const [before, after] = [scores(list), scores(turned)];
        return before.every((value, i) => Math.abs(value - (after[i] ?? Number.NaN)) < 1e-9);
      }),
      fixed,
    );
  });

  test("a text that equals its only reference scores no less than any other", () => {
    fc.assert(
      fc.property(items, (list) => {
        const single = list.map(({ id, references: [first = []], candidate }) => ({
          id,
          candidate,
          references: [first],
        }));
        const right = single.map((item) => ({ ...item, candidate: item.references[0] ?? [] }));
        const [best, other] = [cider(right).perItem, cider(single).perItem];
        const [bestRouge, otherRouge] = [rougeL(right).perItem, rougeL(single).perItem];
        return single.every(
          (_, i) => (best[i] ?? 0) >= (other[i] ?? 0) - 1e-9 && (bestRouge[i] ?? 0) >= (otherRouge[i] ?? 0) - 1e-9,
        );
      }),
      fixed,
    );
  });

  test("an empty text scores nothing", () => {
    const list = corpus(["", "a b c d"], ["x", "y"]);
    expect(cider(list).perItem[0]).toBe(0);
    expect(rougeL(list).perItem[0]).toBe(0);
    expect(bleu(corpus(["", "a b c d"]))).toEqual([0, 0, 0, 0]);
    expect(rougeL(corpus(["a", ""])).mean).toBe(0);
  });
});

describe("evaluateCaptions()", () => {
  test("all at once, from texts as written", () => {
    const scores = evaluateCaptions([
      { id: "1", candidate: "A dog's bowl is on the mat.", references: ["a dog's bowl, is on the mat"] },
      { id: "2", candidate: "two cats on a bed", references: ["three birds in one tree", "two cats on a sofa"] },
    ]);
    // Item 1 is "a dog 's bowl is on the mat" on both sides, so CIDEr 10; words right are 8 of 8 and 4 of 5.
    expect(scores.cider).toBeGreaterThan(5);
    expect(scores.bleu[0]).toBeCloseTo(12 / 13, 8);
    expect(scores.rougeL).toBeCloseTo((1 + 4 / 5) / 2, 8);
    expect(scores.exactMatch).toBe(0.5);
  });
});

describe("what is refused", () => {
  const metrics = { cider, bleu, rougeL };
  test.each(Object.entries(metrics))("%s: every problem of a corpus at once, with a code", (name, metric) => {
    expect(() => metric([])).toThrow(`${name}(): there are no items, expected at least one.`);
    const item = { id: "x", candidate: ["a b"], references: [] };
    let caught: unknown;
    try {
      metric([item, item, { id: "y", candidate: ["a"], references: [["ok", ""]] }]);
    } catch (error) {
      caught = error;
    }
    expect(GlimpseError.isInstance(caught, "invalid-argument")).toBe(true);
    expect(GlimpseError.isInstance(caught) && caught.problems.map((p) => `${p.subject}: ${p.problem}`)).toEqual([
      `${name}(), item "x": it has no references`,
      `${name}(), item "x": it has no references`,
      `${name}(), item "x": its id stands twice`,
      `${name}(), item "x": a token is not a word`,
      `${name}(), item "x": a token is not a word`,
      `${name}(), item "y": a token is not a word`,
    ]);
  });

  test("of plain texts too", () => {
    expect(() => exactMatch([])).toThrow("exactMatch(): there are no items");
    expect(() => evaluateCaptions([])).toThrow("evaluateCaptions(): there are no items");
    expect(() => evaluateCaptions([{ id: "x", candidate: "a", references: [] }])).toThrow(
      'evaluateCaptions(), item "x": it has no references',
    );
  });

  test("words that are names of object properties are words", () => {
    const list = corpus(["__proto__ constructor toString", "__proto__ constructor toString"], ["x", "y"]);
    expect(cider(list).perItem[0]).toBeCloseTo(7.5, 12);
  });

  test("a long text takes no more than its share of time and stack", () => {
    const long = new Array<string>(50_000).fill("a");
    expect(cider([{ id: "x", candidate: long, references: [["a"]] }]).mean).toBe(0);
    expect(bleu([{ id: "x", candidate: long, references: [long] }])[3]).toBeCloseTo(1, 8);
  });
});
