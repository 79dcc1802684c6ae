// The image's keys and values in a run of their own: where image rows have a graph of their own, and for several pictures on
// a backend that computes them a few at a time, which texts in the same run would prevent.
import type { Feeds } from "@glimpsejs/backend";
import { float32, int32 } from "@glimpsejs/graph";
import { choiceFeeds } from "./choice-feeds.ts";
import type { Engine } from "./engine.ts";
import type { Trunk } from "./trunk.ts";

/** Makes keys and values of the features of `trunk`, which has some, and settles it. */
export async function learnTrunk(engine: Engine, trunk: Trunk): Promise<void> {
  const { pendingFeatures: imageFeatures, batch, imageTokens } = trunk;
  if (imageFeatures === undefined) return;
  const isRelative = engine.config.positionEmbeddingType !== "absolute";
  const positions = Int32Array.from({ length: batch * imageTokens }, (_, i) => i % imageTokens);
  const imagePositions = int32(positions, [batch, imageTokens]);
  const images: Feeds = { imageFeatures, ...(isRelative && { imagePositions }) };
  const names = engine.cacheNames("image");
  const rows = { independent: "batch" };
  const results = engine.separatesTrunk
    ? await engine.run("trunk", images, names, rows)
    : await engine.run(
        "decoder",
        { ...images, ...noText(engine, batch), ...(isRelative && { keyPositions: imagePositions }) },
        names,
        rows,
      );
  trunk.settle(Object.fromEntries(Object.entries(results).map(([name, t]) => [name.replace("image.", "trunk."), t])));
}

/** Feeds of a decoder run without text; with relative positions the keys' are missing. */
function noText(engine: Engine, batch: number): Feeds {
  const none = int32([], [batch, 0]);
  return {
    ...engine.emptyCache("trunk", batch),
    ...engine.emptyCache("past", batch),
    ...choiceFeeds([], batch, engine.config.vocabSize).feeds,
    inputIds: none,
    positionIds: none,
    mask: float32([], [batch, 0, 0]),
    wanted: int32([], [0]),
    ...(engine.config.positionEmbeddingType !== "absolute" && { textPositions: none }),
  };
}
