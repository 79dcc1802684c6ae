// Greedy search with a draft: a rounded decoder guesses some tokens one after the other, and one run of the decoder says
// what it would have chosen after each of them. As many guesses are kept as it agrees with, and its own choice after the
// last of those. Guesses that were wrong stay in the trees as branches that nobody continues.

import { GlimpseError } from "@glimpsejs/base";
import { likeliestIndex } from "../likeliest.ts";
import { intsOf, readAll } from "../logits.ts";
import type { TokenTree } from "../token-tree.ts";
import type { NewToken, TreeNode } from "../tree-layout.ts";
import { growLeaves, type Leaf, type LeafReading, type Prompt } from "./leaves.ts";
import type { GenerationPlan } from "./plan.ts";
import { leafReading } from "./reading.ts";
import { continued, type Row, scoredRows, type searchRows, seedRows } from "./rows.ts";
import { contexts, Growth, newTokensOf, type Search, type TreeFactory } from "./search.ts";

/** Guesses for the first run that judges any, and for any run: judging more takes noticeably longer than a single token. */
const [guessesAtFirst, guessesAtMost] = [4, 8];

/** Judgements after which it shows whether guesses are worth it: if they are wrong more often than right they cost time. */
const trial = 4;

/** Whether tokens of a search can be guessed: of one text, and with nothing read of a step but its best token. */
export function canGuess(plan: GenerationPlan, prompts: readonly Prompt[]): boolean {
  const { reading, useCache, numReturnSequences } = plan;
  return reading === "best" && useCache && numReturnSequences * prompts.length === 1;
}

/** The greedy search of one text, whose tokens are guessed on a tree that `makeDraft` makes. */
export function searchGuessed(makeDraft: TreeFactory): typeof searchRows {
  return async function* search(makeTree, prompts, plan): Search {
    const contextOf = contexts(prompts);
    const reading = leafReading(plan.reading, plan, contextOf);
    let rows = seedRows(prompts, plan);
    const growth = new Growth(makeTree, plan);
    const guesser = new Guesser(makeDraft, plan, reading);
    const pace = new Pace();
    try {
      for (let [row] = rows; row !== undefined && !row.finished && !growth.isLate; ) {
        const { tree } = growth.next(rows);
        const guesses = await guesser.guess(row.leaf, pace.count);
        const chain = chained(row.leaf, guesses);
        const grown = await growLeaves(tree, chain, reading);
        let right = 0;
        for (const [i, leaf] of chain.entries()) {
          const going: Row = { ...row, leaf };
          const scored = scoredRows([going], grown, plan, contextOf)?.get(going);
          if (scored === undefined) throw new TypeError("generate(): a step has no best token.");
          row = continued(going, scored, plan, likeliestIndex);
          rows = [row];
          yield { sequences: rows, scores: [] };
          if (row.finished || row.tokens.at(-1) !== guesses[i]) break;
          right++;
        }
        pace.judged(guesses.length, right);
      }
      return rows;
    } finally {
      guesser.dispose();
      growth.dispose();
    }
  };
}

/** How many tokens to guess. */
class Pace {
  /** For the next run. None for the first: it makes the trunk, which the draft needs. */
  count = 0;
  private judgements = 0;
  private right = 0;

  /** Told of each run how many guesses it was given, and how many were right before one was wrong. */
  judged(guessed: number, right: number): void {
    const wasWrong = right < guessed;
    this.judgements += wasWrong ? right + 1 : right; // what follows a wrong guess says nothing
    this.right += right;
    if (this.judgements === 0) this.count = guessesAtFirst;
    else if (this.judgements >= trial && 2 * this.right < this.judgements) this.count = 0;
    else this.count = wasWrong ? Math.max(1, right) : Math.min(guessesAtMost, this.count + 2);
  }
}

/** The leaf, and it with the first of the guesses, with the first two, and so on. */
function chained(leaf: Leaf, guesses: readonly number[]): readonly Leaf[] {
  const chain = [leaf];
  for (const guess of guesses) {
    const after = chain.at(-1) ?? leaf;
    chain.push({ prompt: leaf.prompt, tokens: [...after.tokens, guess], node: undefined, after });
  }
  return chain;
}

/** No token, for whatever a draft fails with, unless it was fed what it does not take: that is no failure of the machine. */
function unlessMistaken(error: unknown): number {
  if (GlimpseError.isInstance(error) && error.code === "invalid-argument") throw error;
  return -1;
}

/** Guesses on a tree of its own, which holds the text as it was guessed last. */
class Guesser {
  private readonly makeTree: TreeFactory;
  private readonly plan: GenerationPlan;
  private readonly reading: LeafReading;
  private tree: TokenTree | undefined;
  /** Tokens in the tree, from [CLS] to the last that was fed, and where they stand. */
  private ids: readonly number[] = [];
  private nodes: readonly TreeNode[] = [];
  private failed = false;

  constructor(makeTree: TreeFactory, plan: GenerationPlan, reading: LeafReading) {
    this.makeTree = makeTree;
    this.plan = plan;
    this.reading = reading;
  }

  /** Up to `count` tokens that may follow the leaf, fewer where the text ends. */
  async guess(leaf: Leaf, count: number): Promise<readonly number[]> {
    const { plan } = this;
    const { prompt } = leaf;
    // The run that judges the guesses chooses one more token.
    const room = newTokensOf(prompt, plan) - leaf.tokens.length - 1;
    const guesses: number[] = [];
    while (guesses.length < Math.min(count, room) && !this.failed) {
      const tokens = [...leaf.tokens, ...guesses];
      const token = await this.next({ prompt, tokens, node: undefined }).catch(unlessMistaken);
      // No number, or no memory for the draft: the text comes without guesses, or the decoder fails in its own words.
      this.failed = token < 0;
      if (this.failed) break;
      guesses.push(token);
      if (plan.eosTokenIds.has(token)) break;
    }
    return guesses;
  }

  /** The likeliest token after a text, −1 where there is none. */
  private async next(leaf: Leaf): Promise<number> {
    this.tree ??= this.makeTree();
    const { prompt, tokens } = leaf;
    const text = [...prompt.ids, ...tokens];
    let known = 0;
    while (known < text.length - 1 && text[known] === this.ids[known]) known++;
    const added: NewToken[] = [];
    for (let i = known; i < text.length; i++) {
      added.push({ picture: prompt.picture, parent: added.at(-1) ?? this.nodes[known - 1] });
    }
    const { nodes, cells, outputs } = await this.tree.grow({
      tokens: added,
      ids: text.slice(known),
      wanted: [added.length - 1],
      choice: { masked: [this.reading.masked(leaf)], given: [[]] },
      outputs: ["nextIds"],
    });
    this.ids = text;
    this.nodes = [...this.nodes.slice(0, known), ...nodes];
    const { nextIds } = await readAll(outputs);
    return intsOf(nextIds)[cells[0] ?? 0] ?? -1;
  }

  dispose(): void {
    this.tree?.dispose();
  }
}
