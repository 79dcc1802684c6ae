// The words of a text, as the page shows them: a text split at its spaces, matched with the words of an explanation.

/** Splits a text into its words. The library's words are those of the text, so the n-th here is the n-th there. */
export function splitWords(text: string): readonly string[] {
  return text.split(" ").filter((word) => word !== "");
}

/** Where in the picture most of the attention lies, in words: "upper left", "centre". */
export function placeOf(heat: Float32Array, rows: number, columns: number): string {
  let [x, y, sum] = [0, 0, 0];
  const most = heat.reduce((a, b) => Math.max(a, b), 0);
  for (const [i, value] of heat.entries()) {
    // Only the brightest patches speak; the faint rest would always average to the centre.
    if (value < most / 2) continue;
    const patch = i % (rows * columns);
    x += value * ((patch % columns) + 0.5);
    y += value * (Math.floor(patch / columns) + 0.5);
    sum += value;
  }
  if (sum === 0) return "nowhere in particular";
  const third = (value: number) => Math.min(2, Math.floor(value * 3));
  const vertical = ["upper", "", "lower"][third(y / sum / rows)] ?? "";
  const horizontal = ["left", "", "right"][third(x / sum / columns)] ?? "";
  return [vertical, horizontal].filter((part) => part !== "").join(" ") || "the centre";
}
