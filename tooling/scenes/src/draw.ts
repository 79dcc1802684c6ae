// The pixels of a scene: a background that is not quite even, and the things on it.
import { Random } from "./random.ts";
import { colors, type Scene } from "./scene.ts";
import type { Sprite, Sprites } from "./sprites.ts";

/** A picture as packed RGB bytes. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array; // [height, width, 3]
}

/** Draws a scene, `side` pixels square; `seed` varies the background. */
export async function drawScene(scene: Scene, sprites: Sprites, seed: number, side = 96): Promise<Pixels> {
  const canvas = background(scene, new Random(seed, 0x5ce2e), side);
  for (const thing of scene.things) {
    const sprite = await sprites.get({ ...thing, size: thing.size * side });
    paste(canvas, sprite, thing.x * side, thing.y * side, side);
  }
  return { width: side, height: side, data: Uint8Array.from(canvas, (value) => Math.min(255, Math.max(0, value))) };
}

/** The colour a little off; a third of them with a gentle gradient, a quarter with noise. → [side, side, 3] */
function background({ color }: Scene, random: Random, side: number): Float32Array {
  const base = colors[color].map((channel) => channel + random.normal(7));
  const kind = random.next();
  const slope = kind < 0.35 ? random.between(4, 16) * random.pick([-1, 1]) : 0;
  const isAcross = random.next() < 0.5;
  const noise = kind >= 0.35 && kind < 0.6 ? random.between(1, 5) : 0;
  const canvas = new Float32Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const along = ((isAcross ? x : y) / (side - 1)) * 2 - 1;
      const offset = slope * along + (noise === 0 ? 0 : random.normal(noise));
      for (const [channel, value] of base.entries()) {
        canvas[(y * side + x) * 3 + channel] = Math.min(255, Math.max(0, value + offset));
      }
    }
  }
  return canvas;
}

/** Lays a sprite over the canvas, its centre at (x, y); what reaches over the edge is cut off. */
function paste(canvas: Float32Array, { size, data }: Sprite, x: number, y: number, side: number): void {
  const [left, top] = [Math.round(x - size / 2), Math.round(y - size / 2)];
  for (let row = Math.max(0, -top); row < size && top + row < side; row++) {
    for (let column = Math.max(0, -left); column < size && left + column < side; column++) {
      const from = (row * size + column) * 4;
      const to = ((top + row) * side + left + column) * 3;
      const alpha = (data[from + 3] ?? 0) / 255;
      for (let channel = 0; channel < 3; channel++) {
        canvas[to + channel] = (canvas[to + channel] ?? 0) * (1 - alpha) + (data[from + channel] ?? 0) * alpha;
      }
    }
  }
}
