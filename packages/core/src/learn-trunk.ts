// The image's keys and values in a run of their own: where image rows have a graph of their own, and for several pictures on
// a backend that computes them a few at a time, which texts in the same run would prevent.
import type { Feeds } from "@glimpsejs/backend";
import { float32, int32 } from "@glimpsejs/graph";
import { choiceFeeds } from "./choice-feeds.ts";
import type { Engine } from "./engine.ts";
import type { Trunk } from "./trunk.ts";

/** Makes keys and values of `imageFeatures`, those of `trunk`, and settles it. */
export async function learnTrunk(engine: Engine, trunk: Trunk, imageFeatures: Feeds[string]): Promise<void> {
  const { batch, imageTokens } = trunk;
  const isRelative = engine.config.positionEmbeddingType !== "absolute";
  const positions = Int32Array.from({ length: batch * imageTokens }, (_, i) => i % imageTokens);
  const imagePositions = int32(positions, [batch, imageTokens]);
  const images: Feeds = { imageFeatures, ...(isRelative && { imagePositions }) };
  const noText = int32([], [batch, 0]);
  const [graph, feeds] = engine.separatesTrunk
    ? (["trunk", images] as const)
    : ([
        "decoder",
        {
          ...images,
          ...engine.emptyCache("trunk", batch),
          ...engine.emptyCache("past", batch),
          ...choiceFeeds([], batch, 0).feeds,
          inputIds: noText,
          positionIds: noText,
          mask: float32([], [batch, 0, 0]),
          wanted: int32([], [0]),
          ...(isRelative && { textPositions: noText, keyPositions: imagePositions }),
        },
      ] as const);
  const results = await engine.run(graph, feeds, engine.cacheNames("image"), { independent: "batch" });
  trunk.settle(Object.fromEntries(Object.entries(results).map(([name, t]) => [name.replace("image", "trunk"), t])));
}
