// Where the tokens of a tree stand: which slot of the cache each one takes and which slots it may attend to. Pure
// bookkeeping; token-tree.ts runs the decoder on it.
import { GlimpseError } from "@glimpsejs/base";

/** A token in the tree. */
export interface TreeNode {
  /** Which picture of the trunk it belongs to, 0 … B-1. */
  readonly picture: number;
  /** Its place in that picture's part of the cache. */
  readonly slot: number;
  /** Position id: how many tokens of text come before it. */
  readonly position: number;
  /** Slots of the tokens before it that it attends to. */
  readonly ancestors: readonly number[];
  /** False for padding, which nothing attends to. */
  readonly attended: boolean;
}

/** A token to be added below `parent`; without one it starts a new text. */
export interface NewToken {
  readonly picture: number;
  /** A token of the tree, or an earlier one of the same list. */
  readonly parent?: TreeNode | NewToken | undefined;
  /** Default: one more than the parent's, or 0. */
  readonly position?: number | undefined;
  /** False for padding. Default true. */
  readonly attended?: boolean | undefined;
}

/** New tokens with their slots: `rows[i]` is token i's row among the batch · width text rows of one run. */
export interface Placement {
  readonly nodes: readonly TreeNode[];
  readonly rows: readonly number[];
  /** Slots that each picture takes; those of pictures with fewer tokens are dead. */
  readonly width: number;
}

/** Gives every token the next slot of its picture, `used` being taken already, and collects its ancestors. */
export function placeTokens(tokens: readonly NewToken[], batch: number, used: number): Placement {
  const counts = new Array<number>(batch).fill(0);
  const placed = new Map<NewToken, TreeNode>();
  const nodes = tokens.map((token): TreeNode => {
    const { picture, attended = true } = token;
    const column = counts[picture];
    const parent = token.parent === undefined || "slot" in token.parent ? token.parent : placed.get(token.parent);
    if (
      column === undefined ||
      (parent === undefined && token.parent !== undefined) ||
      (parent !== undefined && parent.picture !== picture)
    ) {
      throw new GlimpseError(
        {
          subject: "token tree",
          problem: `token ${placed.size} has no place`,
          expected: `a picture below ${batch} and a parent before it on the same picture`,
          got: `picture ${picture}`,
        },
        { code: "invalid-argument" },
      );
    }
    counts[picture] = column + 1;
    const node: TreeNode = {
      picture,
      slot: used + column,
      position: token.position ?? (parent === undefined ? 0 : parent.position + 1),
      ancestors: parent === undefined ? [] : parent.attended ? [...parent.ancestors, parent.slot] : parent.ancestors,
      attended,
    };
    placed.set(token, node);
    return node;
  });
  const width = Math.max(0, ...counts);
  return { nodes, rows: nodes.map((node) => node.picture * width + node.slot - used), width };
}

/** Added to an attention score where a token may not look: finite, and exp() of it is exactly 0 in float32. */
const blocked = -1e30;

/** The mask float32 [batch, width, used + width] of one run: 0 at a row's ancestors and itself, blocked elsewhere. */
export function ancestorMask({ nodes, rows, width }: Placement, batch: number, used: number): Float32Array {
  const keys = used + width;
  const mask = new Float32Array(batch * width * keys).fill(blocked);
  for (const [i, node] of nodes.entries()) {
    const start = (rows[i] ?? 0) * keys;
    for (const slot of node.ancestors) mask[start + slot] = 0;
    if (node.attended) mask[start + node.slot] = 0;
  }
  return mask;
}
