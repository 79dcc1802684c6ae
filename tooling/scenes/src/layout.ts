// Where the things of a scene stand: shares of a square picture's side.
import type { Random } from "./random.ts";

/** Centre and side of a thing, as shares of the picture's side. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** One thing, large; at most a tenth of its half reaches over the edge. */
export function single(random: Random): Place {
  const size = random.between(0.42, 0.85);
  const reach = (size / 2) * 0.9;
  return { x: random.between(reach, 1 - reach), y: random.between(reach, 1 - reach), size };
}

const sizes: Readonly<Record<number, readonly [number, number]>> = {
  2: [0.34, 0.48],
  3: [0.27, 0.38],
  4: [0.25, 0.34],
};

/** Two to four things that hardly overlap, found by trying; in the corners where trying does not help. */
export function several(random: Random, count: number): readonly Place[] {
  const [least, most] = sizes[count] ?? [0.25, 0.34];
  for (let attempt = 0; attempt < 60; attempt++) {
    const common = random.between(least, most);
    const places: Place[] = [];
    for (let i = 0; i < count; i++) {
      const size = common * random.between(0.92, 1.08);
      for (let attempt = 0; attempt < 30; attempt++) {
        const place = { x: random.between(size / 2, 1 - size / 2), y: random.between(size / 2, 1 - size / 2), size };
        const isFree = places.every((p) => Math.max(Math.abs(place.x - p.x), Math.abs(place.y - p.y)) > 0.92 * size);
        if (!isFree) continue;
        places.push(place);
        break;
      }
    }
    if (places.length === count) return places;
  }
  const corners = [
    [0.27, 0.27],
    [0.73, 0.73],
    [0.73, 0.27],
    [0.27, 0.73],
  ] as const;
  return corners.slice(0, count).map(([x, y]) => ({ x, y, size: 0.3 }));
}

/** Two things beside or above each other, the left or upper one first. */
export function pair(random: Random): { readonly horizontal: boolean; readonly places: readonly [Place, Place] } {
  const [a, b] = [random.between(0.3, 0.47), random.between(0.3, 0.47)];
  const horizontal = random.next() < 0.5;
  const gap = (a + b) / 2;
  const room = 1 - gap - b / 2;
  const low = room > a / 2 ? random.between(a / 2, room) : a / 2;
  const high = Math.min(low + gap + random.between(0, Math.max(0, room - low)), 1 - b / 2);
  const middle = random.between(0.3, 0.7);
  const other = middle + random.between(-0.1, 0.1);
  const at = (along: number, across: number, size: number): Place =>
    horizontal ? { x: along, y: across, size } : { x: across, y: along, size };
  return { horizontal, places: [at(low, middle, a), at(high, other, b)] };
}
