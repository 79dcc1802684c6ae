// The runs that a model is most likely loaded for, a greedy caption of one picture (or clip, if it was trained on clips), so
// that a backend can make what they need while it loads.
import type { ExpectedRun } from "@glimpsejs/backend";
import type { GitConfig } from "@glimpsejs/config";
import { greedyOutputs } from "./generation/leaves.ts";

/** The runs, as far as the program has the graphs; `cacheNames` are those of the engine. */
export function expectedRuns(
  graphs: Readonly<Record<string, unknown>>,
  { visionConfig, numImageWithEmbedding }: GitConfig,
  cacheNames: (kind: "image" | "present") => readonly string[],
): readonly ExpectedRun[] {
  const grid = Math.floor(visionConfig.imageSize / visionConfig.patchSize);
  const frames = numImageWithEmbedding ?? 1;
  const tokens = frames * (grid * grid + 1);
  const isApart = Object.hasOwn(graphs, "trunk");
  const text = { batch: 1, text: 1, past: 0, wanted: 1, columns: 1, masked: 0, given: 0, candidates: 1 };
  const step = { sizes: { ...text, trunk: tokens }, outputs: [...greedyOutputs, ...cacheNames("present")] };
  const prefill = { sizes: { ...text, trunk: 0, image: tokens }, outputs: [...step.outputs, ...cacheNames("image")] };
  const runs: readonly ExpectedRun[] = [
    { graph: "vision", sizes: { batch: 1, frames, gridRows: grid, gridColumns: grid }, outputs: ["features"] },
    ...(isApart
      ? [
          { graph: "trunk", sizes: { batch: 1, image: tokens }, outputs: cacheNames("image") },
          { graph: "decoder", ...step },
        ]
      : [
          { graph: "decoder", ...prefill },
          { graph: "decoder", sizes: { ...step.sizes, image: 0 }, outputs: step.outputs },
        ]),
  ];
  return Object.hasOwn(graphs, "decoder") ? runs : [];
}
