// Numbers with their units, as they are read on the page.

const spaced = "\u202f";

/** A duration: "42 ms", "1.3 s". */
export function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(milliseconds >= 10_000 ? 0 : 1)}${spaced}s`;
  return `${milliseconds >= 10 ? Math.round(milliseconds) : milliseconds.toFixed(1)}${spaced}ms`;
}

/** A size: "7.7 MB". */
export function bytes(count: number): string {
  if (count < 1000) return `${count}${spaced}B`;
  if (count < 1e6) return `${Math.round(count / 1e3)}${spaced}kB`;
  if (count < 1e9) return `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)}${spaced}MB`;
  return `${(count / 1e9).toFixed(2)}${spaced}GB`;
}

/** A score or log-probability, with a true minus sign. */
export function score(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && text !== "0.00" ? `−${text}` : text;
}

/** "1 token", "3 tokens". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
