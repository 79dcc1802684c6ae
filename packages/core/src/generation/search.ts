// What all searches share: their results, the clock and the signal, and the tree they grow on.
import type { TokenTree } from "../token-tree.ts";
import { AbortedError } from "./aborted-error.ts";
import { type GrownLeaf, growLeaves, type Leaf, type Prompt } from "./leaves.ts";
import type { CheckedGeneration, GenerationPlan } from "./plan.ts";
import type { ProcessorContext } from "./processors/index.ts";
import { leafReading } from "./reading.ts";

/** One text of a search. */
export interface Sequence {
  /** What it continues. */
  readonly prompt: Prompt;
  /** Generated tokens, the end token included. */
  readonly tokens: readonly number[];
  /** Log-probability of each generated token under the model, in nats, before any processor; with `outputLogProbs`. */
  readonly logProbs: readonly number[];
  /** What the search ranked by; undefined where it does not rank. */
  readonly score?: number | undefined;
  /** For beams: which beam of the whole batch (prompt · numBeams + beam) each token continued. */
  readonly beamIndices?: readonly number[] | undefined;
}

/** One step of a search: the texts as they are now. For beams, the running ones, best first. */
export interface Step {
  /** The texts as they are after this step. */
  readonly sequences: readonly Sequence[];
  /** With `outputScores`: processed scores [V] of each row that took part; rows are sequences, or beams. */
  readonly scores: readonly {
    /** Which sequence or beam of the whole batch, from 0. */
    readonly row: number;
    /** A score for each token, [V]. */
    readonly values: Float32Array;
  }[];
}

/** A search: yields after every token, returns the texts, those of each prompt together and best first. */
export type Search = AsyncGenerator<Step, readonly Sequence[], undefined>;

/** Makes the tree a search grows on; asked again before every step when the plan does without the cache. */
export type TreeFactory = () => TokenTree;

/** The texts grow in place, or anew at every step without the cache. Owns the tree. */
export class Growth {
  private readonly makeTree: TreeFactory;
  private readonly plan: GenerationPlan;
  private readonly deadline: number;
  private tree: TokenTree | undefined;

  constructor(makeTree: TreeFactory, plan: GenerationPlan) {
    this.makeTree = makeTree;
    this.plan = plan;
    this.deadline = performance.now() + plan.maxTime;
  }

  /**
   * The tree of the next step; `fresh` when it holds nothing yet. Throws {@link AbortedError} with the sequences so far
   * when the signal has aborted.
   */
  next(sequences: readonly Sequence[]): { readonly tree: TokenTree; readonly fresh: boolean } {
    if (this.plan.signal?.aborted) throw aborted(sequences, this.plan);
    if (this.tree !== undefined && this.plan.useCache) return { tree: this.tree, fresh: false };
    this.tree?.dispose();
    this.tree = this.makeTree();
    return { tree: this.tree, fresh: true };
  }

  /** Whether maxTime is over. */
  get isLate(): boolean {
    return performance.now() >= this.deadline;
  }

  /** Frees the tree. */
  dispose(): void {
    this.tree?.dispose();
  }
}

/** What a search that its signal stops fails with. */
export function aborted(sequences: readonly Sequence[], { signal, decode }: CheckedGeneration): AbortedError {
  const texts = decode === undefined ? [] : sequences.map(({ tokens }) => decode(tokens));
  return new AbortedError(sequences, texts, signal?.reason);
}

/** What processors are told of a leaf; `prompts` are those of the call. */
export function contexts(prompts: readonly Prompt[]): (leaf: Leaf) => ProcessorContext {
  const numbers = new Map(prompts.map((prompt, i) => [prompt, i]));
  return ({ prompt, tokens }) => ({
    tokens: [...prompt.row, ...tokens],
    promptLength: prompt.row.length,
    prompt: numbers.get(prompt) ?? 0,
  });
}

/**
 * Grows the leaves and lets `choose` go on from what was read: at first as little as the plan says, and where that did
 * not suffice (`choose` returns undefined), from whole rows of the same leaves grown again.
 */
export async function growAndChoose<T>(
  tree: TokenTree,
  leaves: readonly Leaf[],
  plan: GenerationPlan,
  contextOf: (leaf: Leaf) => ProcessorContext,
  choose: (grown: ReadonlyMap<Leaf, GrownLeaf>) => T | undefined,
): Promise<T> {
  const grow = (kind: GenerationPlan["reading"]) => growLeaves(tree, leaves, leafReading(kind, plan, contextOf));
  const chosen = choose(await grow(plan.reading)) ?? choose(await grow("rows"));
  if (chosen === undefined) throw new TypeError("generate(): whole rows of logits did not suffice.");
  return chosen;
}

/** Most tokens to generate for a prompt. */
export function newTokensOf({ row, ids }: Prompt, plan: CheckedGeneration): number {
  return plan.maxNewTokens(row.length, row.length - ids.length);
}

/** Whether a text is finished: by its end token, its length, or a stopping rule. */
export function isFinished(prompt: Prompt, tokens: readonly number[], plan: GenerationPlan): boolean {
  const last = tokens.at(-1);
  if (last !== undefined && plan.eosTokenIds.has(last)) return true;
  if (tokens.length >= newTokensOf(prompt, plan)) return true;
  if (plan.stops.length === 0) return false;
  const all = [...prompt.row, ...tokens];
  return plan.stops.some((stop) => stop(all, prompt.row.length));
}
