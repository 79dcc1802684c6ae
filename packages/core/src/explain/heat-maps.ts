// Where the model looked while it wrote each word: attention from the rows that produced a word's tokens to the image's
// patches. Attention is a hint, not a proof, of what a word was based on.
import { GlimpseError } from "@glimpsejs/base";
import type { HostTensor } from "@glimpsejs/graph";

/** Attention over the patches of one picture, or of every frame of a clip. */
export interface HeatMap {
  /** Patches float32, [frames · rows · columns], frame by frame and row by row; all of them sum to 1. */
  readonly data: Float32Array;
  /** Frames of the clip; 1 for a picture. */
  readonly frames: number;
  /** Patches from top to bottom. */
  readonly rows: number;
  /** Patches from left to right. */
  readonly columns: number;
}

/** One word of an explained text. */
export interface ExplainedWord {
  /** As it stands in the text, punctuation on its own. */
  readonly word: string;
  /** The ids it is made of. */
  readonly tokens: readonly number[];
  /** Where the model looked as it wrote the word, by attention. */
  readonly heatMap: HeatMap;
  /** How much of the attention went to the image at all, the rest going to the text before: 0 to 1. */
  readonly imageShare: number;
}

/** The patch grid of an image or clip. */
export type Grid = Omit<HeatMap, "data">;

/**
 * The mean attention over all layers and heads of one text row to the patches; the class token of each frame is left
 * out. attentions: per layer float32 [1, H, I + T, I + T], row counted among all I + T.
 */
export function rowHeatMap(
  attentions: readonly HostTensor<"float32">[],
  row: number,
  grid: Grid,
): { readonly heatMap: HeatMap; readonly imageShare: number } {
  const patches = grid.rows * grid.columns;
  const data = new Float32Array(grid.frames * patches);
  let image = 0;
  let all = 0;
  for (const { data: values, shape } of attentions) {
    const [, heads = 0, rows = 0, keys = 0] = shape;
    for (let head = 0; head < heads; head++) {
      const start = (head * rows + row) * keys;
      for (let key = 0; key < keys; key++) {
        const value = values[start + key] ?? 0;
        all += value;
        const frame = Math.floor(key / (patches + 1));
        if (frame >= grid.frames) continue;
        image += value;
        const patch = key - frame * (patches + 1) - 1; // −1 is the class token
        if (patch >= 0) data[frame * patches + patch] = (data[frame * patches + patch] ?? 0) + value;
      }
    }
  }
  return { heatMap: { ...grid, data: normalized(data) }, imageShare: all === 0 ? 0 : image / all };
}

/** The mean of several heat maps of one grid. */
export function meanHeatMap(maps: readonly HeatMap[]): HeatMap {
  const [first] = maps;
  if (first === undefined)
    throw new GlimpseError({ subject: "heat map", problem: "there is none to average" }, { code: "invalid-argument" });
  const sum = new Float32Array(first.data.length);
  for (const { data } of maps) for (const [i, value] of data.entries()) sum[i] = (sum[i] ?? 0) + value;
  return { ...first, data: normalized(sum) };
}

function normalized(values: Float32Array): Float32Array {
  const sum = values.reduce((a, b) => a + b, 0);
  return sum === 0 ? values : values.map((value) => value / sum);
}
