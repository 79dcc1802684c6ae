// A heat map laid over its picture, as a PNG.
import { GlimpseError, show } from "@glimpsejs/base";
import type { Picture } from "@glimpsejs/processor";
import type { HeatMap } from "./heat-maps.ts";
import { encodePng } from "./png.ts";

/** What heatMapPng() does. */
export async function drawHeatMap(picture: Picture, heatMap: HeatMap, frame: number): Promise<Uint8Array> {
  const { frames, rows, columns } = heatMap;
  if (!Number.isInteger(frame) || frame < 0 || frame >= frames) {
    throw new GlimpseError(
      { subject: "heatMapPng()", problem: "there is no such frame", expected: `0 to ${frames - 1}`, got: show(frame) },
      { code: "invalid-argument" },
    );
  }
  const patches = heatMap.data.subarray(frame * rows * columns, (frame + 1) * rows * columns);
  // Of all frames: theirs can be compared, and one that was hardly looked at does not glow as the others do.
  const most = heatMap.data.reduce((a, b) => Math.max(a, b), 0) || 1;
  const data = new Uint8Array(picture.data.length);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const heat =
        smooth(patches, rows, columns, (y + 0.5) * (rows / picture.height), (x + 0.5) * (columns / picture.width)) /
        most;
      const at = (y * picture.width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const glow = channel === 0 ? 255 * heat : 0;
        data[at + channel] = Math.min(255, (picture.data[at + channel] ?? 0) * (0.35 + 0.4 * heat) + 0.6 * glow);
      }
    }
  }
  return encodePng({ width: picture.width, height: picture.height, data });
}

/** Bilinear interpolation between the centres of the patches. */
function smooth(patches: Float32Array, rows: number, columns: number, y: number, x: number): number {
  const [top, left] = [clamp(Math.floor(y - 0.5), rows), clamp(Math.floor(x - 0.5), columns)];
  const [bottom, right] = [clamp(top + 1, rows), clamp(left + 1, columns)];
  const [v, u] = [Math.min(1, Math.max(0, y - 0.5 - top)), Math.min(1, Math.max(0, x - 0.5 - left))];
  const at = (row: number, column: number) => patches[row * columns + column] ?? 0;
  return (
    (at(top, left) * (1 - u) + at(top, right) * u) * (1 - v) + (at(bottom, left) * (1 - u) + at(bottom, right) * u) * v
  );
}

function clamp(index: number, size: number): number {
  return Math.min(size - 1, Math.max(0, index));
}
