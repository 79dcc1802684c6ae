// The graphs of a model that most programs never run, what is inside the image encoder and forward(): built when one is first
// run, and compiled into a program of their own.
import type { Backend, Program } from "@glimpsejs/backend";
import type { GitConfig } from "@glimpsejs/config";
import type { Graph } from "@glimpsejs/graph";
import { forwardGraph, type ModelPart, visionGraph } from "@glimpsejs/model";
import { otherForm } from "./other-form.ts";
import type { StoredForm, Wanted } from "./stored-form.ts";
import { forBackend } from "./weights.ts";

/** The graphs of one part of a model that graphsOf() leaves out, in float32. */
export function laterGraphsOf(config: GitConfig, part: ModelPart): Readonly<Record<string, Graph>> {
  const visionInternals = visionGraph(config, { internals: true });
  if (part === "vision") return { visionInternals };
  return { visionInternals, forward: forwardGraph(config, { head: part === "causalLM" }) };
}

/** Them and their weights in a dtype. */
export function laterForm({ config, part, weights, dtype }: Wanted): StoredForm {
  return otherForm(laterGraphsOf(config, part), weights, dtype);
}

/** The program of them. */
export function compileLater(wanted: Wanted, backend: Backend): Promise<Program<string>> {
  const { graphs, weights } = laterForm(wanted);
  return backend.compile(graphs, forBackend(weights, backend));
}
