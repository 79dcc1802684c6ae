// A trie of token sequences: texts that begin alike share their beginning, so that it is computed once.

/** A node: the token it stands for, what may follow, and which texts end here. */
export interface TrieNode {
  /** The token; undefined at the root. */
  readonly token: number | undefined;
  readonly children: ReadonlyMap<number, TrieNode>;
  /** Indices of the texts whose last token this is. */
  readonly ends: readonly number[];
}

interface MutableNode {
  readonly token: number | undefined;
  readonly children: Map<number, MutableNode>;
  readonly ends: number[];
}

/** The trie of `texts`, each a list of tokens. */
export function buildTrie(texts: readonly (readonly number[])[]): TrieNode {
  const root: MutableNode = { token: undefined, children: new Map(), ends: [] };
  for (const [index, tokens] of texts.entries()) {
    let node = root;
    for (const token of tokens) {
      let child = node.children.get(token);
      if (child === undefined) {
        child = { token, children: new Map(), ends: [] };
        node.children.set(token, child);
      }
      node = child;
    }
    node.ends.push(index);
  }
  return root;
}
