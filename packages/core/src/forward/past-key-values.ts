// The state after a forward() call: a view of a token tree from which texts can be continued, any number of times.
import { DisposedError } from "@glimpsejs/base";
import type { TokenTree } from "../token-tree.ts";
import type { TreeNode } from "../tree-layout.ts";

/** A tree that several views share; it is freed with its last view. */
export interface SharedTree {
  readonly tree: TokenTree;
  views: number;
}

/**
 * Where each row of a batch stands in a token tree. Immutable: continuing it adds to the tree without changing what
 * this view sees, so it may be continued twice. Dispose every view that you got.
 */
export class PastKeyValues {
  /** The tokens of each row so far, padding included, in order. */
  readonly paths: readonly (readonly TreeNode[])[];
  private readonly shared: SharedTree;
  private disposed = false;

  /** Made by forward(); `paths` are the tokens of each row in the tree that views share. */
  constructor(shared: SharedTree, paths: readonly (readonly TreeNode[])[]) {
    shared.views++;
    this.shared = shared;
    this.paths = paths;
  }

  /** Number of rows, B. */
  get batch(): number {
    return this.paths.length;
  }

  /** Text tokens per row so far, padding included. */
  get length(): number {
    return this.paths[0]?.length ?? 0;
  }

  /** The tree this is a view of. */
  get tree(): SharedTree {
    if (this.disposed) throw new DisposedError("pastKeyValues");
    return this.shared;
  }

  /** Frees the cache once no other view needs it. Safe to call twice. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    if (--this.shared.views === 0) {
      this.shared.tree.dispose();
      this.shared.tree.trunk.dispose();
    }
  }

  /** dispose(), for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
