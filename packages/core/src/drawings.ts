// The pictures that can be drawn of what a model saw, as PNG files. What draws them is fetched with the first one.

import type { Clip, Picture } from "@glimpsejs/processor";
import type { ContactSheetOptions } from "./clips/contact-sheet.ts";
import type { HeatMap } from "./explain/heat-maps.ts";
import { loadOnDemand } from "./load-on-demand.ts";

/**
 * Draws one frame of a heat map over the picture it is about, scaled to the picture: bright red where the model looked
 * most in all frames, the picture darkened where it did not. `picture` is the one the model saw (resized and cropped).
 * Throws "invalid-argument" for a frame that there is not.
 */
export async function heatMapPng(picture: Picture, heatMap: HeatMap, frame = 0): Promise<Uint8Array> {
  const { drawHeatMap } = await loadOnDemand();
  return drawHeatMap(picture, heatMap, frame);
}

/**
 * Draws the chosen frames of `clip` in rows, scaled to one width, with the second at which each is shown below it. One
 * frame is in memory at a time. Throws what decoding the frames throws.
 */
export async function contactSheetPng(clip: Clip, options: ContactSheetOptions = {}): Promise<Uint8Array> {
  const { drawContactSheet } = await loadOnDemand();
  return drawContactSheet(clip, options);
}
