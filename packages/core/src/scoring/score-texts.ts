// Log-likelihoods of given texts about one picture, all on one trunk. The texts are a trie; each of its inner nodes is
// a token in the tree, fed once, and its row of logits scores every child at once.
import { show, throwIfAborted } from "@glimpsejs/base";
import type { GitConfig } from "@glimpsejs/config";
import type { Engine } from "../engine.ts";
import { checkNumbers, readAllFloats } from "../logits.ts";
import { throwProblems } from "../options.ts";
import { shapeProblems } from "../rows.ts";
import { idProblems } from "../token-ids.ts";
import { TokenTree } from "../token-tree.ts";
import type { NewToken } from "../tree-layout.ts";
import { type Trunk, trunkProblems } from "../trunk.ts";
import { buildTrie, type TrieNode } from "./trie.ts";

/**
 * Rows of logits that the backend holds at once. With BERT's vocabulary a row is 122 kB, so 128 of them are 16 MB; the
 * cache of a chunk is smaller. This, and not the number of texts, bounds the memory of a call. Of each row only the
 * logits of the texts' own tokens are read.
 */
export const maxRows = 128;

/** What is scored. */
export interface ScoreRequest {
  /** The encoded pictures. It stays the caller's. */
  readonly trunk: Trunk;
  /** Which picture of the trunk. */
  readonly picture: number;
  /** Tokens before every text, [CLS] first. */
  readonly prompt: readonly number[];
  /** The texts as tokens, their end token included; none empty. */
  readonly texts: readonly (readonly number[])[];
  /** Stops between two runs; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/** For each text the log-probability of each of its tokens, in nats. Throws "invalid-argument" for ids that do not fit. */
export async function scoreTexts(engine: Engine, request: ScoreRequest): Promise<readonly (readonly number[])[]> {
  checkRequest(request, engine.config);
  const { trunk, picture, prompt, texts, signal } = request;
  const results: (readonly number[])[] = texts.map(() => []);
  for (const chunk of chunks(texts, maxRows)) {
    throwIfAborted(signal, "score()");
    const root = buildTrie(chunk.map(({ tokens }) => tokens));
    const { tokens, ids, parents } = textTokens(root, prompt, picture);
    const tree = new TokenTree(engine, trunk);
    try {
      const wanted = parents.map((_, i) => prompt.length - 1 + i);
      const given = parents.map(({ children }) => [...children.keys()]);
      const { outputs } = await tree.grow({
        ...{ tokens, ids, wanted },
        choice: { masked: [], given },
        outputs: ["givenLogits", "logSumExp"],
      });
      const { givenLogits, logSumExp } = await readAllFloats(outputs);
      checkNumbers(logSumExp.data);
      const scored = childScores(parents, givenLogits.data, logSumExp.data);
      collectPaths(root, scored, [], (index, logProbs) => {
        const text = chunk[index];
        if (text !== undefined) results[text.index] = logProbs;
      });
    } finally {
      tree.dispose();
    }
  }
  return results;
}

function checkRequest({ trunk, picture, prompt, texts }: ScoreRequest, config: GitConfig): void {
  const { vocabSize, maxPositionEmbeddings } = config;
  throwProblems([...trunkProblems(trunk), ...shapeProblems("prompt", [prompt]), ...shapeProblems("texts", texts)]);
  // The last token of a text is never fed, so it needs no position.
  const room = maxPositionEmbeddings - prompt.length + 1;
  const problems = idProblems("prompt", prompt, vocabSize);
  if (prompt.length === 0) problems.push({ subject: "prompt", problem: "it holds no token" });
  if (!Number.isInteger(picture) || picture < 0 || picture >= trunk.batch) {
    const expected = `0 to ${trunk.batch - 1}`;
    problems.push({ subject: "picture", problem: "the trunk has no such picture", expected, got: show(picture) });
  }
  for (const [i, ids] of texts.entries()) {
    const subject = `text ${i}`;
    problems.push(...idProblems(subject, ids, vocabSize));
    if (ids.length < 1 || ids.length > room) {
      const [expected, got] = [`1 to ${room} tokens`, String(ids.length)];
      problems.push({ subject, problem: "it does not fit the positions that the model has", expected, got });
    }
  }
  throwProblems(problems);
}

interface IndexedText {
  readonly index: number;
  readonly tokens: readonly number[];
}

/** The texts in dictionary order, cut where a chunk's trie would have more than `limit` rows to compute. */
function* chunks(texts: readonly (readonly number[])[], limit: number): Generator<readonly IndexedText[]> {
  const sorted = texts
    .map((tokens, index): IndexedText => ({ index, tokens }))
    .toSorted((a, b) => compare(a.tokens, b.tokens));
  let chunk: IndexedText[] = [];
  let rows = 1;
  for (const text of sorted) {
    const added = text.tokens.length - 1 - sharedLength(chunk.at(-1)?.tokens ?? [], text.tokens);
    if (chunk.length > 0 && rows + Math.max(0, added) > limit) {
      yield chunk;
      chunk = [];
      rows = 1;
    }
    rows += chunk.length === 0 ? text.tokens.length - 1 : Math.max(0, added);
    chunk.push(text);
  }
  if (chunk.length > 0) yield chunk;
}

/** The prompt, then every node of the trie that has children, parents first; `parents[0]` is the root. */
function textTokens(
  root: TrieNode,
  prompt: readonly number[],
  picture: number,
): { tokens: readonly NewToken[]; ids: readonly number[]; parents: readonly TrieNode[] } {
  const tokens: NewToken[] = [];
  const ids = [...prompt];
  for (const _ of prompt) tokens.push({ picture, parent: tokens.at(-1) });
  const parents: TrieNode[] = [root];
  const placed = new Map<TrieNode, NewToken | undefined>([[root, tokens.at(-1)]]);
  for (const node of parents) {
    for (const child of node.children.values()) {
      if (child.children.size === 0 || child.token === undefined) continue;
      const token: NewToken = { picture, parent: placed.get(node) };
      placed.set(child, token);
      tokens.push(token);
      ids.push(child.token);
      parents.push(child);
    }
  }
  return { tokens, ids, parents };
}

/** The log-probability of every child of every parent: `logits` has those of all children, `sums` one of each parent. */
function childScores(
  parents: readonly TrieNode[],
  logits: Float32Array,
  sums: Float32Array,
): ReadonlyMap<TrieNode, number> {
  const scores = new Map<TrieNode, number>();
  let next = 0;
  for (const [i, parent] of parents.entries()) {
    for (const child of parent.children.values()) {
      scores.set(child, (logits[next] ?? Number.NaN) - (sums[i] ?? Number.NaN));
      next++;
    }
  }
  return scores;
}

function collectPaths(
  node: TrieNode,
  scores: ReadonlyMap<TrieNode, number>,
  path: readonly number[],
  report: (index: number, path: readonly number[]) => void,
): void {
  for (const index of node.ends) report(index, path);
  for (const child of node.children.values())
    collectPaths(child, scores, [...path, scores.get(child) ?? Number.NaN], report);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const shared = sharedLength(a, b);
  return (a[shared] ?? -1) - (b[shared] ?? -1);
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return i;
}
