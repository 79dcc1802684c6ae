// The graphs that captions run. The others are in later-graphs.ts.
import type { GitConfig } from "@glimpsejs/config";
import type { Graph } from "@glimpsejs/graph";
import { decoderGraph, type ModelPart, visionGraph } from "@glimpsejs/model";

/** The graphs of captions in float32, as far as one part of a model has them. */
export function graphsOf(config: GitConfig, part: ModelPart): Readonly<Record<string, Graph>> {
  const vision = visionGraph(config);
  return part === "causalLM" ? { vision, decoder: decoderGraph(config) } : { vision };
}
