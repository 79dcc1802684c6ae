// Letters for times on a contact sheet: digits, the point and "s", five pixels wide and seven high. No platform that
// Glimpse runs on is asked for a font.

/** Height of a letter in pixels. */
export const textHeight = 7;
const letterWidth = 5;

/** Rows from the top; the highest of five bits is the left pixel. */
const letters: Readonly<Record<string, readonly number[]>> = {
  "0": [14, 17, 19, 21, 25, 17, 14],
  "1": [4, 12, 4, 4, 4, 4, 14],
  "2": [14, 17, 1, 2, 4, 8, 31],
  "3": [31, 2, 4, 2, 1, 17, 14],
  "4": [2, 6, 10, 18, 31, 2, 2],
  "5": [31, 16, 30, 1, 1, 17, 14],
  "6": [6, 8, 16, 30, 17, 17, 14],
  "7": [31, 1, 2, 4, 8, 8, 8],
  "8": [14, 17, 17, 14, 17, 17, 14],
  "9": [14, 17, 17, 15, 1, 2, 12],
  ".": [0, 0, 0, 0, 0, 12, 12],
  s: [0, 0, 14, 16, 14, 1, 30],
};

/** Width of a text in pixels. */
export function textWidth(text: string): number {
  return text.length * (letterWidth + 1) - 1;
}

/** Writes `text` in light grey with its upper left corner at (x, y), every pixel `scale` wide and high. */
export function drawText(
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  text: string,
  x: number,
  y: number,
  scale: number,
): void {
  for (const [i, letter] of [...text].entries()) {
    const rows = letters[letter] ?? [];
    for (let row = 0; row < rows.length * scale; row++) {
      for (let column = 0; column < letterWidth * scale; column++) {
        const bit = letterWidth - 1 - Math.floor(column / scale);
        const [px, py] = [x + i * (letterWidth + 1) * scale + column, y + row];
        const isInk = ((rows[Math.floor(row / scale)] ?? 0) >> bit) & 1;
        if (isInk && px < width && py < height) data.fill(220, (py * width + px) * 3, (py * width + px) * 3 + 3);
      }
    }
  }
}
