// The drawings: sheets of tiles, cut, mirrored, turned and scaled with sharp as scenes ask for them.
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { nouns } from "./nouns.ts";

/** Drawing styles that the demo checkpoint has seen. */
export const styles = ["noto", "twemoji", "fluent", "fluent3d"] as const;

/** Name of a drawing style. */
export type Style = (typeof styles)[number];

const tile = 96;
const columns = 12;

/** How a thing is wanted. */
export interface SpriteRequest {
  readonly noun: string;
  readonly style: Style;
  readonly mirrored: boolean;
  /** Degrees, clockwise. */
  readonly rotation: number;
  /** Side in pixels. */
  readonly size: number;
}

/** Pixels of a thing, red, green, blue and alpha (not premultiplied), square. */
export interface Sprite {
  readonly size: number;
  readonly data: Uint8Array; // [size, size, 4]
}

/** Cuts things out of the sheets, and remembers what it has made. */
export interface Sprites {
  get(request: SpriteRequest): Promise<Sprite>;
}

/** Reads the sheets. */
export async function loadSprites(): Promise<Sprites> {
  const sheets = new Map<Style, Buffer>();
  const rows = Math.ceil(nouns.length / columns);
  for (const style of styles) {
    const file = fileURLToPath(new URL(`../sprites/${style}.webp`, import.meta.url));
    const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    if (info.width !== columns * tile || info.height !== rows * tile) {
      throw new Error(
        `${file}: expected ${columns * tile} × ${rows * tile} pixels, got ${info.width} × ${info.height}.`,
      );
    }
    sheets.set(style, data);
  }
  const made = new Map<string, Promise<Sprite>>();
  return {
    get(request) {
      // A multiple of four pixels, so that sprites are met again.
      const size = Math.max(4, Math.floor(request.size / 4) * 4);
      const key = [request.style, request.noun, size, request.mirrored, request.rotation].join();
      const known = made.get(key) ?? make(sheets.get(request.style) ?? Buffer.alloc(0), { ...request, size });
      made.set(key, known);
      return known;
    },
  };
}

async function make(sheet: Buffer, { noun, mirrored, rotation, size }: SpriteRequest): Promise<Sprite> {
  const at = nouns.indexOf(noun);
  const raw = { width: columns * tile, height: sheet.length / 4 / columns / tile, channels: 4 } as const;
  const box = { left: (at % columns) * tile, top: Math.floor(at / columns) * tile, width: tile, height: tile };
  const cut = await sharp(sheet, { raw }).extract(box).flop(mirrored).raw().toBuffer();
  const turned =
    rotation === 0
      ? { data: cut, info: { width: tile, height: tile } }
      : await sharp(cut, { raw: { width: tile, height: tile, channels: 4 } })
          .rotate(rotation, { background: { r: 0, g: 0, b: 0, alpha: 0 } })
          .raw()
          .toBuffer({ resolveWithObject: true });
  const { width, height } = turned.info;
  const data = await sharp(turned.data, { raw: { width, height, channels: 4 } })
    .resize(size, size, { fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
  return { size, data };
}
