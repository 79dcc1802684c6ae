// Text for terminals: wrapping, columns, units, dimming, and taking the teeth out of text from strangers.
import type { CliHost, TextOutput } from "./host.ts";

/** Writes one line to `output`. */
export function line(output: TextOutput, text = ""): void {
  output.write(`${text}\n`);
}

/** Makes secondary text grey on a terminal that wants colour (https://no-color.org), and leaves it alone elsewhere. */
export function dimmer(output: TextOutput, env: CliHost["env"]): (text: string) => string {
  return output.isTTY && !env["NO_COLOR"] ? (text) => `\u001b[2m${text}\u001b[22m` : (text) => text;
}

/**
 * Text that comes from files, models or the network, safe to print: control characters, with which it could rewrite the
 * terminal, become U+FFFD. Line breaks stay with `multiline`.
 */
export function printable(text: string, multiline = false): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const control = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
  return text.replace(control, (c) => (multiline && c === "\n" ? c : "\ufffd"));
}

/** Breaks text at spaces into lines of at most `width` characters; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(/\s+/)) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return current === "" ? lines : [...lines, current];
}

/** Terms with their explanations in two columns, `indent` from the left, the second column wrapped at `width`. */
export function definitions(rows: readonly (readonly [string, string])[], width: number, indent = 2): string[] {
  const left = Math.max(...rows.map(([term]) => term.length));
  const start = indent + left + 2;
  return rows.flatMap(([term, text]) =>
    wrap(text, Math.max(20, width - start)).map((part, i) =>
      i === 0 ? `${" ".repeat(indent)}${term.padEnd(left)}  ${part}` : `${" ".repeat(start)}${part}`,
    ),
  );
}

/** 143 ms, 2.31 s, 75 s. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : ms < 60_000 ? 1 : 0)} s`;
}

/** 512 bytes, 38 kB, 707 MB, 1.58 GB. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 999_500) return `${Math.round(bytes / 1e3)} kB`;
  if (bytes < 999_500_000) return `${Math.round(bytes / 1e6)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** A score with two decimals; what rounds to zero has no sign. */
export function scoreText(score: number): string {
  return `score ${score.toFixed(2).replace(/^-(0\.00)$/, "$1")}`;
}

/** Milliseconds to a tenth, for JSON. */
export function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** One JSON list with one line per item. */
export function jsonLines(items: readonly object[]): string {
  return `[\n${items.map((item) => `  ${JSON.stringify(item)}`).join(",\n")}\n]`;
}

/** Width to write at: that of the terminal, or 80 where it is not known (a pseudo-terminal may say 0). */
export function widthOf({ columns }: TextOutput): number {
  return columns >= 20 ? columns : 80;
}

/** "1 case", "3 cases". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
