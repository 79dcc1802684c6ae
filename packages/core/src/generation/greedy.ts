// Greedy search: every sequence takes its most probable token until it ends. All sequences of all pictures are leaves
// of one tree, and one decoder run serves a step of all that still grow.
import { throwIfAborted } from "@glimpsejs/base";
import { argMax, logProbability, row } from "../logits.ts";
import type { NewTextToken, TokenTree } from "../token-tree.ts";
import type { GenerationPlan } from "./plan.ts";

/** A text to be continued: which picture it is about and its tokens, [CLS] first. */
export interface Prompt {
  readonly picture: number;
  readonly ids: readonly number[];
}

/** One sequence while it grows. */
export interface Sequence {
  readonly prompt: Prompt;
  /** Generated tokens, the end token included. */
  readonly tokens: readonly number[];
  /** Log-probability of each generated token. */
  readonly logProbs: readonly number[];
  readonly finished: boolean;
}

/** One step of a search: all sequences as they are now, and the logits it chose from. */
export interface Step {
  readonly sequences: readonly Sequence[];
  /** For each sequence that took a token in this step its index and logits [V]. */
  readonly scores: readonly { readonly index: number; readonly logits: Float32Array }[];
}

interface Growing {
  readonly prompt: Prompt;
  readonly limit: number;
  readonly tokens: number[];
  readonly logProbs: number[];
  finished: boolean;
  leaf: NewTextToken["parent"];
}

/**
 * Grows every prompt greedily, yielding after each step. `makeTree` is called once, or before every step when the plan
 * does without the cache. Stops early when the plan's signal aborts (throws "aborted").
 */
export async function* greedySearch(
  makeTree: () => TokenTree,
  prompts: readonly Prompt[],
  plan: GenerationPlan,
): AsyncGenerator<Step> {
  const sequences = prompts.map((prompt): Growing => {
    const limit = plan.maxNewTokens(prompt.ids.length);
    return { prompt, limit, tokens: [], logProbs: [], finished: limit === 0, leaf: undefined };
  });
  let tree = makeTree();
  try {
    while (sequences.some((s) => !s.finished)) {
      throwIfAborted(plan.signal, "generate()");
      yield await step(tree, sequences, plan);
      if (plan.useCache) continue;
      tree.dispose();
      tree = makeTree();
      for (const sequence of sequences) sequence.leaf = undefined;
    }
  } finally {
    tree.dispose();
  }
}

async function step(tree: TokenTree, sequences: readonly Growing[], plan: GenerationPlan): Promise<Step> {
  const growing = sequences
    .map((sequence, index) => ({ sequence, index }))
    .filter(({ sequence }) => !sequence.finished);
  const tokens: NewTextToken[] = [];
  const wanted = growing.map(({ sequence }) => {
    for (const id of pendingTokens(sequence)) {
      const token: NewTextToken = { id, picture: sequence.prompt.picture, parent: sequence.leaf };
      tokens.push(token);
      sequence.leaf = token;
    }
    return tokens.length - 1;
  });
  const { nodes, logits } = await tree.grow(tokens, wanted);
  const scores = growing.map(({ sequence, index }, i) => {
    const values = row(logits, i);
    const token = argMax(values);
    sequence.leaf = nodes[wanted[i] ?? 0];
    sequence.tokens.push(token);
    sequence.logProbs.push(logProbability(values, token));
    sequence.finished = plan.eosTokenIds.has(token) || sequence.tokens.length >= sequence.limit;
    return { index, logits: values };
  });
  return { sequences, scores };
}

/** Tokens of a sequence that are not in the tree yet: the whole text at first, then the last token. */
function pendingTokens({ leaf, prompt, tokens }: Growing): readonly number[] {
  return leaf === undefined ? [...prompt.ids, ...tokens] : tokens.slice(-1);
}
