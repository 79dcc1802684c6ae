// Where the model looked, laid over the part of the picture that it saw: dark where it did not look, glowing in the
// accent colour where it looked most.
import { useEffect, useRef } from "preact/hooks";
import type { ExplainedWord } from "../port/protocol.ts";

/** One frame of a word's heat map; fills its parent. */
export function HeatMap({ word, frame = 0 }: { readonly word: ExplainedWord; readonly frame?: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) drawHeat(canvas.current, word, frame);
  }, [word, frame]);
  return <canvas class="heat" ref={canvas} width={side} height={side} />;
}

const side = 96;
/** Colour and opacity from not looked at to looked at most: a veil, the accent, and almost the bare picture. */
const stops = [
  [20, 14, 10, 0.74],
  [150, 52, 14, 0.52],
  [240, 110, 50, 0.34],
  [255, 190, 120, 0.14],
] as const;

function drawHeat(canvas: HTMLCanvasElement, { heat, rows, columns }: ExplainedWord, frame: number): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const patches = heat.subarray(frame * rows * columns, (frame + 1) * rows * columns);
  // Frames of one clip share a scale, so that they can be compared.
  const most = heat.reduce((a, b) => Math.max(a, b), 0) || 1;
  const image = context.createImageData(side, side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = between(
        patches,
        rows,
        columns,
        ((y + 0.5) / side) * rows - 0.5,
        ((x + 0.5) / side) * columns - 0.5,
      );
      image.data.set(colourOf(value / most), (y * side + x) * 4);
    }
  }
  context.putImageData(image, 0, 0);
}

/** Red, green, blue, alpha of a heat from 0 to 1. */
function colourOf(heat: number): readonly number[] {
  const at = Math.min(0.9999, heat) * (stops.length - 1);
  const [from = stops[0], to = stops[0]] = stops.slice(Math.floor(at));
  const mix = (a: number, b: number) => a + (b - a) * (at % 1);
  return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2]), 255 * mix(from[3], to[3])];
}

/** Bilinear interpolation between the centres of the patches. */
function between(patches: Float32Array, rows: number, columns: number, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [v, u] = [y - top, x - left];
  const at = (row: number, column: number) =>
    patches[Math.max(0, Math.min(rows - 1, row)) * columns + Math.max(0, Math.min(columns - 1, column))] ?? 0;
  const upper = at(top, left) * (1 - u) + at(top, left + 1) * u;
  return upper * (1 - v) + (at(top + 1, left) * (1 - u) + at(top + 1, left + 1) * u) * v;
}
