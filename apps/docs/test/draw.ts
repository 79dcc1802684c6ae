// Drawings of the guides as SVG, 320 units wide so that their letters can be read on a telephone. Colours are classes, for
// the site, and attributes, for everybody who opens the file: black on a white sheet.
import type { DrawnNode } from "./graphs.ts";

const width = 320;
const font = 'font-family="ui-sans-serif, system-ui, sans-serif" font-size="12"';

/** A box of a flow, and the word on the arrow that leads to it. */
export interface FlowBox {
  readonly title: string;
  readonly detail: string;
  readonly by?: string;
}

/** Boxes one below the other, with what happens between them. */
export function drawFlow(title: string, boxes: readonly FlowBox[]): string {
  const parts: string[] = [];
  let y = 8;
  for (const [i, { title: name, detail, by }] of boxes.entries()) {
    if (i > 0) {
      parts.push(arrow(48, y, y + 32));
      if (by !== undefined) parts.push(text(60, y + 20, by, "quiet"));
      y += 32;
    }
    parts.push(box(30, y, width - 60, 44), text(42, y + 18, name, "strong"), text(42, y + 35, detail, "quiet"));
    y += 44;
  }
  return sheet(title, y + 8, parts);
}

/** A tree of texts: each branch a line of words, its children below and further in. */
export interface Branch {
  readonly words: string;
  readonly note?: string;
  readonly children?: readonly Branch[];
}

/** The tree, its root a box. */
export function drawTree(title: string, root: string, branches: readonly Branch[]): string {
  const parts: string[] = [box(8, 8, 150, 34), text(18, 30, root, "strong")];
  let y = 42;
  const grow = (branch: Branch, x: number, parentY: number): void => {
    y += 34;
    const mine = y;
    parts.push(line(`M${x} ${parentY}V${mine - 4}H${x + 12}`), text(x + 16, mine, branch.words, "strong"));
    if (branch.note !== undefined) {
      y += 16;
      parts.push(text(x + 16, y, branch.note, "quiet"));
    }
    const below = y;
    for (const child of branch.children ?? []) grow(child, x + 24, below + 6);
  };
  for (const branch of branches) grow(branch, 22, 42);
  return sheet(title, y + 14, parts);
}

/** A layer: what it reads on top, then node below node; what is read from further up comes along the left side. */
export function drawLayer(title: string, nodes: readonly DrawnNode[]): string {
  const [left, step, height] = [66, 42, 32];
  const top = (i: number) => 8 + i * step;
  const parts: string[] = [];
  const lanes: number[] = []; // the last row that each lane is taken to
  for (const [i, { op, name, shape, from }] of nodes.entries()) {
    parts.push(box(left, top(i), width - left - 8, height, op === undefined));
    parts.push(text(left + 8, top(i) + 14, op === undefined ? name : `${op}  `, "strong"));
    if (op !== undefined && name !== "") parts.push(text(width - 16, top(i) + 14, name, "quiet", "end"));
    parts.push(text(left + 8, top(i) + 28, shape, "quiet"));
    for (const source of from) {
      if (source === i - 1) parts.push(arrow((left + width) / 2, top(i) - (step - height), top(i)));
      else {
        const free = lanes.findIndex((until) => until <= source);
        const lane = free === -1 ? lanes.length : free;
        lanes[lane] = i;
        const x = left - 12 - lane * 7;
        const [start, end] = [top(source) + height / 2 + 4, top(i) + height / 2 - 4];
        parts.push(line(`M${left} ${start}H${x}V${end}H${left - 5}`), head(left, end, -90));
      }
    }
  }
  return sheet(title, top(nodes.length) + 2, parts);
}

/** Bars below one heading, all on one scale. */
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly { readonly name: string; readonly value: number; readonly shown: string }[];
}

/** Groups of bars, each on a scale of its own, which begins at 0. */
export function drawBars(title: string, groups: readonly BarGroup[]): string {
  const parts: string[] = [];
  let y = 4;
  for (const { title: name, bars } of groups) {
    parts.push(text(8, y + 16, name, "strong"));
    y += 24;
    const most = Math.max(...bars.map(({ value }) => value));
    for (const { name: bar, value, shown } of bars) {
      const length = Math.max(1, Math.round((value / most) * (width - 16)));
      parts.push(`<rect class="bar" x="8" y="${y + 16}" width="${length}" height="5" fill="#1f5f5b"/>`);
      parts.push(text(8, y + 12, bar, "quiet"), text(width - 8, y + 12, shown, "quiet", "end"));
      y += 26;
    }
    y += 6;
  }
  return sheet(title, y, parts);
}

function sheet(title: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${font}>`,
    `<title>${escaped(title)}</title>`,
    `<rect class="sheet" width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function box(x: number, y: number, w: number, h: number, open = false): string {
  const dash = open ? ' stroke-dasharray="3 3"' : "";
  return `<rect class="box" x="${x}" y="${y}" width="${w}" height="${h}" rx="4" fill="none" stroke="#777"${dash}/>`;
}

function text(x: number, y: number, words: string, kind: "strong" | "quiet", anchor = "start"): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}" fill="${kind === "strong" ? "#111" : "#555"}">${escaped(words)}</text>`;
}

function line(path: string): string {
  return `<path class="edge" d="${path}" fill="none" stroke="#777"/>`;
}

function arrow(x: number, from: number, to: number): string {
  return `${line(`M${x} ${from}V${to - 4}`)}${head(x, to, 0)}`;
}

/** The point of an arrow at (x, y); downwards at 0 degrees. */
function head(x: number, y: number, degrees: number): string {
  return `<path class="head" d="M-3-5L0 0L3-5Z" transform="translate(${x} ${y}) rotate(${degrees})" fill="#777"/>`;
}

function escaped(words: string): string {
  return words.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
