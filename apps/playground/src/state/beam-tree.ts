// The beams of a search as a tree of words: where beams agree they are one branch, where they part it forks. Only the
// bookkeeping and the layout; drawing is the component's.
import type { BeamStep } from "../port/protocol.ts";

/** What became of a branch's end. */
export type Fate = "running" | "finished" | "dropped";

/** A run of words without a fork, placed: x and width in pixels, y in rows. */
export interface Branch {
  readonly id: string;
  readonly text: string;
  readonly x: number;
  readonly width: number;
  readonly row: number;
  /** Where the branch it grows from ends; undefined at the root. */
  readonly from: { readonly x: number; readonly row: number } | undefined;
  /** For a branch that does not fork: what became of it, and its score. */
  readonly end: { readonly fate: Fate; readonly score: number; readonly rank: number | undefined } | undefined;
  /** Whether it leads to the best text so far. */
  readonly best: boolean;
}

/** A tree that is ready to be drawn. */
export interface BeamTree {
  readonly branches: readonly Branch[];
  readonly rows: number;
  readonly width: number;
}

interface Node {
  readonly tokens: string[];
  readonly children: Map<string, Node>;
  end: { fate: Fate; score: number; rank: number | undefined } | undefined;
  /** The best end below, for the order of branches: the running and the finished before the dropped. */
  order: number;
}

const gap = 28;
/** Room for a score after the end of a branch. */
const scoreRoom = 64;

/** The tree after some steps and, once there is one, the result. `measure` gives the width of a text in pixels. */
export function beamTree(
  steps: readonly BeamStep[],
  result: BeamStep | undefined,
  measure: (text: string) => number,
): BeamTree {
  const root = node([]);
  for (const [i, { beams }] of steps.entries()) {
    const last = i === steps.length - 1 && result === undefined;
    for (const { tokens, score } of beams)
      insert(root, tokens, { fate: last ? "running" : "dropped", score, rank: undefined });
  }
  for (const [rank, { tokens, score }] of (result?.beams ?? []).entries()) {
    insert(root, tokens, { fate: "finished", score, rank });
  }
  order(root);
  const branches: Branch[] = [];
  const rows = place(root, { x: 0, row: 0, from: undefined, id: "", best: true }, measure, branches);
  const width = branches.reduce((most, { x, width: own }) => Math.max(most, x + own), 0) + scoreRoom;
  return { branches, rows, width };
}

/** Tokens as text: pieces that begin with "##" belong to what stands before them, special tokens are left out. */
export function tokenText(tokens: readonly string[]): string {
  return tokens
    .filter((token) => !/^\[.*\]$/.test(token))
    .map((token, i) => (token.startsWith("##") ? token.slice(2) : i === 0 ? token : ` ${token}`))
    .join("");
}

function node(tokens: string[]): Node {
  return { tokens, children: new Map(), end: undefined, order: 0 };
}

/** Adds a path token by token; a run that it leaves midway is split there. */
function insert(root: Node, tokens: readonly string[], end: NonNullable<Node["end"]>): void {
  let at = root;
  for (const token of tokens) {
    let next = at.children.get(token);
    if (next === undefined) {
      next = node([token]);
      at.children.set(token, next);
    }
    // What grew further is not an end any more.
    at.end = undefined;
    at = next;
  }
  if (at.children.size === 0) at.end = end;
}

/** Joins runs without a fork, and sorts children: the best text first, so that it reads as one straight line. */
function order(at: Node): void {
  for (let [only] = at.children.values(); at.children.size === 1 && only !== undefined; [only] = at.children.values()) {
    if (at.tokens.length === 0) break;
    at.tokens.push(...only.tokens);
    at.children.clear();
    for (const [token, child] of only.children) at.children.set(token, child);
    at.end = only.end;
  }
  for (const child of at.children.values()) order(child);
  const fates: Record<Fate, number> = { finished: 2e6, running: 1e6, dropped: 0 };
  at.order =
    at.end !== undefined
      ? fates[at.end.fate] + (at.end.rank === undefined ? at.end.score : -at.end.rank)
      : Math.max(...[...at.children.values()].map((child) => child.order));
}

interface Place {
  readonly x: number;
  readonly row: number;
  readonly from: Branch["from"];
  readonly id: string;
  readonly best: boolean;
}

/** Places a node and what grows from it, from `row` on; returns the rows it takes. */
function place(at: Node, { x, row, from, id, best }: Place, measure: (text: string) => number, out: Branch[]): number {
  const text = tokenText(at.tokens);
  // The root, and a beam that only ended, are drawn as a dot.
  const own = text === "" ? 0 : measure(text);
  if (from !== undefined || at.children.size > 0) out.push({ id, text, x, width: own, row, from, end: at.end, best });
  const end = { x: x + own, row };
  let rows = 0;
  const children = [...at.children.entries()].toSorted(([, a], [, b]) => b.order - a.order);
  for (const [i, [token, child]] of children.entries()) {
    const start = { x: end.x + gap, row: row + rows, from: end, id: `${id}/${token}`, best: best && i === 0 };
    rows += place(child, start, measure, out);
  }
  return Math.max(1, rows);
}
