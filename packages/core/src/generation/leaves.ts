// Leaves of the token tree: texts that grow. A leaf is immutable, so that several beams can grow from one.
import { checkNumbers, readAllFloats, row } from "../logits.ts";
import type { TokenTree } from "../token-tree.ts";
import type { NewToken, TreeNode } from "../tree-layout.ts";

/** A text to be continued: which picture it is about and its tokens, [CLS] first. */
export interface Prompt {
  readonly picture: number;
  readonly ids: readonly number[];
}

/** A text at some point of its growth. */
export interface Leaf {
  readonly prompt: Prompt;
  /** Generated tokens. */
  readonly tokens: readonly number[];
  /** Where the tree has its last token but the newest; undefined while it has none. */
  readonly node: TreeNode | undefined;
}

/** A leaf whose tokens are all in the tree, and the logits of what may follow. */
export interface GrownLeaf extends Leaf {
  readonly node: TreeNode;
  /** float32 [V], a view. */
  readonly logits: Float32Array;
}

/** The start of a text. */
export function seedLeaf(prompt: Prompt): Leaf {
  return { prompt, tokens: [], node: undefined };
}

/**
 * Puts the tokens that the tree lacks into it, one decoder run for all leaves. Equal (===) leaves grow once. Throws
 * "non-finite" when the model computes NaN or infinity, unless those are wanted.
 */
export async function growLeaves(
  tree: TokenTree,
  leaves: readonly Leaf[],
  { nonFinite = false }: { readonly nonFinite?: boolean } = {},
): Promise<ReadonlyMap<Leaf, GrownLeaf>> {
  const unique = [...new Set(leaves)];
  const tokens: NewToken[] = [];
  const ids: number[] = [];
  const wanted = unique.map(({ prompt, tokens: generated, node }) => {
    let parent: NewToken["parent"] = node;
    for (const id of node === undefined ? [...prompt.ids, ...generated] : generated.slice(-1)) {
      const token: NewToken = { picture: prompt.picture, parent };
      tokens.push(token);
      ids.push(id);
      parent = token;
    }
    return tokens.length - 1;
  });
  const { nodes, outputs } = await tree.grow({ tokens, ids, wanted, outputs: ["logits", "logSumExp"] });
  const { logits, logSumExp } = await readAllFloats(outputs);
  if (!nonFinite) checkNumbers(logSumExp.data);
  return new Map(unique.map((leaf, i) => [leaf, { ...leaf, node: nodeAt(nodes, wanted[i]), logits: row(logits, i) }]));
}

/** The leaf for a tree that holds nothing of it yet; itself if no tree does, so that equal leaves stay equal. */
export function uprooted(leaf: Leaf): Leaf {
  return leaf.node === undefined ? leaf : { ...leaf, node: undefined };
}

/** The leaf with one more token. */
export function extended(leaf: GrownLeaf, token: number): Leaf {
  return { prompt: leaf.prompt, tokens: [...leaf.tokens, token], node: leaf.node };
}

function nodeAt(nodes: readonly TreeNode[], index: number | undefined): TreeNode {
  const node = nodes[index ?? -1];
  if (node === undefined) throw new TypeError("token tree: a leaf has no token to grow.");
  return node;
}
