// The graphs that a model is made of.
import type { GitConfig } from "@glimpsejs/config";
import type { Graph } from "@glimpsejs/graph";
import { decoderGraph, forwardGraph, type ModelPart, visionGraph } from "@glimpsejs/model";

/** The graphs of one part of a model, in float32. */
export function graphsOf(config: GitConfig, part: ModelPart): Readonly<Record<string, Graph>> {
  const vision = { vision: visionGraph(config), visionInternals: visionGraph(config, { internals: true }) };
  if (part === "vision") return vision;
  const forward = forwardGraph(config, { head: part === "causalLM" });
  return part === "model" ? { ...vision, forward } : { ...vision, forward, decoder: decoderGraph(config) };
}
