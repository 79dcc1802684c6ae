// Leaves of the token tree: texts that grow, and what is read of the logits that follow them. A leaf is immutable, so that
// several beams can grow from one.
import type { DeviceTensor } from "@glimpsejs/backend";
import type { HostTensor } from "@glimpsejs/graph";
import { floatsOf, intsOf, readAll } from "../logits.ts";
import type { TokenTree } from "../token-tree.ts";
import type { NewToken, TreeNode } from "../tree-layout.ts";
import { bestToken, bestTokens, type LeafLogits, wholeRow } from "./leaf-logits.ts";

/** A text to be continued: which picture it is about and its tokens, [CLS] first. */
export interface Prompt {
  /** Which picture of the trunk, from 0. */
  readonly picture: number;
  /** What the model is fed: no padding. */
  readonly ids: readonly number[];
  /** The row as it was given, padding included: lengths are counted and rules applied on it, as the reference does. */
  readonly row: readonly number[];
}

/** A text at some point of its growth. */
export interface Leaf {
  readonly prompt: Prompt;
  /** Generated tokens. */
  readonly tokens: readonly number[];
  /** Where the tree has its last token but the newest; undefined while it has none. */
  readonly node: TreeNode | undefined;
  /** The leaf of one token less, if that grows in the same run, before this one. */
  readonly after?: Leaf | undefined;
}

/** A leaf whose tokens are all in the tree, and what is known of the logits of what may follow. */
export interface GrownLeaf extends Leaf {
  readonly node: TreeNode;
  readonly logits: LeafLogits;
}

/** What is read of the logits after each leaf. */
export interface LeafReading {
  /** The best token that is not masked; the best of them and those given; or whole rows. */
  readonly kind: "best" | "candidates" | "rows";
  /** How many candidates. */
  readonly count: number;
  /** Whether log-probabilities are wanted too. */
  readonly logProbs: boolean;
  /** Whether rows may hold NaN and infinity. */
  readonly nonFinite: boolean;
  /** Tokens that must not be chosen. */
  masked(leaf: Leaf): readonly number[];
  /** Tokens whose logits are wanted whatever they are. */
  given(leaf: Leaf): readonly number[];
}

/** The start of a text. */
export function seedLeaf(prompt: Prompt): Leaf {
  return { prompt, tokens: [], node: undefined };
}

/** Leaves whose tokens are in the tree, and outputs of the run that put them there, not read yet. */
export interface GrowingLeaves {
  readonly leaves: readonly Leaf[];
  /** Of each leaf the node of its newest token. */
  readonly nodes: readonly TreeNode[];
  /** With "best": the chosen tokens, int32 [batch, columns], which may be the `ids` of these leaves' next step. */
  readonly nextIds: DeviceTensor | undefined;
  /** Waits for the run, frees its outputs. Throws "non-finite" for NaN or +∞, unless those are wanted. */
  read(): Promise<ReadonlyMap<Leaf, GrownLeaf>>;
  /** Frees the outputs without waiting. */
  dispose(): void;
}

/**
 * Puts the tokens that the tree lacks into it, one decoder run for all leaves. Equal (===) leaves grow once. `ids`, chosen
 * for the same leaves by the run before and not read yet, stand for the newest token of each.
 */
export async function startLeaves(
  tree: TokenTree,
  leaves: readonly Leaf[],
  reading: LeafReading,
  ids?: DeviceTensor,
): Promise<GrowingLeaves> {
  const unique = [...new Set(leaves)];
  const fresh = newTokens(unique);
  const { wanted } = fresh;
  const masked = reading.kind === "rows" ? [] : unique.map((leaf) => reading.masked(leaf));
  const given = reading.kind === "candidates" ? unique.map((leaf) => reading.given(leaf)) : [];
  const { nodes, cells, outputs } = await tree.grow({
    ...{ ...fresh, ids: ids ?? fresh.ids, choice: { masked, given, count: reading.count } },
    outputs: outputsOf(reading, given),
  });
  return {
    leaves: unique,
    nodes: wanted.map((i) => nodeAt(nodes, i)),
    nextIds: outputs.nextIds,
    async read() {
      const read = await readAll(outputs);
      const sums = read.logSumExp === undefined ? undefined : floatsOf(read.logSumExp);
      const logitsAt = logitsReader(reading, read, masked, given, tree.vocabSize);
      return new Map(
        unique.map((leaf, i) => {
          const logits = logitsAt(i, cells[i] ?? 0, sums?.[i] ?? Number.NaN);
          return [leaf, { ...leaf, node: nodeAt(nodes, wanted[i]), logits }];
        }),
      );
    },
    dispose() {
      for (const tensor of Object.values(outputs)) tensor?.dispose();
    },
  };
}

/** {@link startLeaves}, and what was asked for read. */
export async function growLeaves(
  tree: TokenTree,
  leaves: readonly Leaf[],
  reading: LeafReading,
): Promise<ReadonlyMap<Leaf, GrownLeaf>> {
  return (await startLeaves(tree, leaves, reading)).read();
}

/** The leaf for a tree that holds nothing of it yet; itself if no tree does, so that equal leaves stay equal. */
export function uprooted(leaf: Leaf): Leaf {
  return leaf.node === undefined ? leaf : { ...leaf, node: undefined };
}

/** The leaf with one more token. */
export function extended(leaf: GrownLeaf, token: number): Leaf {
  return { prompt: leaf.prompt, tokens: [...leaf.tokens, token], node: leaf.node };
}

/** What the tree lacks of each leaf; `wanted` has the last token of each. */
function newTokens(leaves: readonly Leaf[]): {
  readonly tokens: readonly NewToken[];
  readonly ids: readonly number[];
  readonly wanted: readonly number[];
} {
  const tokens: NewToken[] = [];
  const ids: number[] = [];
  const grown = new Map<Leaf, NewToken>();
  const wanted = leaves.map((leaf) => {
    const { prompt, tokens: generated, node } = leaf;
    let parent: NewToken["parent"] = leaf.after === undefined ? node : grown.get(leaf.after);
    for (const id of parent === undefined ? [...prompt.ids, ...generated] : generated.slice(-1)) {
      const token: NewToken = { picture: prompt.picture, parent };
      tokens.push(token);
      ids.push(id);
      parent = token;
      grown.set(leaf, token);
    }
    return tokens.length - 1;
  });
  return { tokens, ids, wanted };
}

type Output = "logits" | "logSumExp" | "nextIds" | "candidateIds" | "candidateLogits" | "givenLogits";

/** What is read of each step of a greedy search with log-probabilities. */
export const greedyOutputs: readonly Output[] = ["nextIds", "candidateLogits", "logSumExp"];

function outputsOf({ kind, logProbs }: LeafReading, given: readonly (readonly number[])[]): readonly Output[] {
  const sums = logProbs ? (["logSumExp"] as const) : [];
  switch (kind) {
    case "best":
      return logProbs ? greedyOutputs : ["nextIds"];
    case "candidates": {
      const named = given.some((tokens) => tokens.length > 0) ? (["givenLogits"] as const) : [];
      return ["candidateIds", "candidateLogits", ...named, ...sums];
    }
    case "rows":
      return ["logits", "logSumExp"]; // the sum says whether a row is bad
    default:
      return kind satisfies never;
  }
}

/** What is known of row i, whose choices are at `cell`. */
function logitsReader(
  { kind, nonFinite }: LeafReading,
  read: Readonly<Partial<Record<Output, HostTensor>>>,
  masked: readonly (readonly number[])[],
  given: readonly (readonly number[])[],
  vocabSize: number,
): (i: number, cell: number, logSumExp: number) => LeafLogits {
  switch (kind) {
    case "rows": {
      const logits = floatsOf(read.logits);
      return (i, _, sum) => wholeRow(logits.subarray(i * vocabSize, (i + 1) * vocabSize), sum, nonFinite);
    }
    case "best": {
      const ids = intsOf(read.nextIds);
      const logits = read.candidateLogits === undefined ? undefined : floatsOf(read.candidateLogits);
      // Where its logit was not read, any does: nothing is compared with it.
      return (_, cell, sum) => bestToken(ids[cell] ?? -1, logits?.[cell] ?? 0, sum);
    }
    case "candidates": {
      const ids = intsOf(read.candidateIds);
      const logits = floatsOf(read.candidateLogits);
      const named = read.givenLogits === undefined ? new Float32Array() : floatsOf(read.givenLogits);
      const k = read.candidateIds?.shape[1] ?? 0;
      let next = 0; // rows are asked for in order
      return (i, cell, sum) => {
        const tokens = given[i] ?? [];
        const first = next;
        next += tokens.length;
        const best = {
          ids: ids.subarray(cell * k, (cell + 1) * k),
          logits: logits.subarray(cell * k, (cell + 1) * k),
          given: tokens,
          givenLogits: named.subarray(first, next),
          masked: masked[i] ?? [],
        };
        return bestTokens(best, vocabSize, sum);
      };
    }
    default:
      return kind satisfies never;
  }
}

function nodeAt(nodes: readonly TreeNode[], index: number | undefined): TreeNode {
  const node = nodes[index ?? -1];
  if (node === undefined) throw new TypeError("token tree: a leaf has no token to grow.");
  return node;
}
