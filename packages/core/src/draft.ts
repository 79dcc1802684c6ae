// The draft: the text decoder once more, with rounded weights. Where a step takes as long as reading the weights does, a
// rounded decoder is several times as fast, and the decoder itself judges a few guessed tokens in hardly more time than
// one. What is generated is what the decoder alone would generate. Leviathan, Kalman and Matias 2022, "Fast inference from
// transformers via speculative decoding", for greedy search, with the model's own rounding as the small model.
import type { Backend, Program } from "@glimpsejs/backend";
import type { WeightSource } from "@glimpsejs/graph";
import { decoderGraph, draftGraph, planQuantization, quantizedWeights, quantizeGraph } from "@glimpsejs/model";
import type { Engine } from "./engine.ts";
import { canGuess, searchGuessed } from "./generation/drafted.ts";
import type { Prompt } from "./generation/leaves.ts";
import type { GenerationPlan } from "./generation/plan.ts";
import type { searchRows } from "./generation/rows.ts";
import type { TreeFactory } from "./generation/search.ts";
import type { DraftDType, Host } from "./platform.ts";
import { preparedDraft } from "./prepared.ts";
import { forBackend } from "./weights.ts";

/** A compiled draft: one graph, with the inputs of the decoder of text rows, and the weights that belong to it alone. */
interface CompiledDraft {
  readonly program: Program<"draft">;
  readonly weights: WeightSource | undefined;
}

/** Calls that could use a draft before one is made: a program that captions one picture and ends has no use for it. */
const callsWithout = 1;

/** A draft, made when it has proved to be needed. Belongs to the engine whose text it guesses. */
export class Draft {
  private readonly make: () => Promise<CompiledDraft | undefined>;
  private calls = 0;
  private making: Promise<void> | undefined;
  private made: CompiledDraft | undefined;

  constructor(make: () => Promise<CompiledDraft | undefined>) {
    this.make = make;
  }

  /** The program, once it is there. */
  get program(): Program<"draft"> | undefined {
    return this.made?.program;
  }

  /**
   * The search of a plan that guesses on a tree of `makeTree`; undefined where nothing can be guessed, or not yet: calls that
   * it could serve are counted, and one of them begins to make it and does not wait for it.
   */
  search(plan: GenerationPlan, prompts: readonly Prompt[], makeTree: TreeFactory): typeof searchRows | undefined {
    return canGuess(plan, prompts) && this.isReady() ? searchGuessed(makeTree) : undefined;
  }

  private isReady(): boolean {
    this.calls++;
    // It is no more than a faster way to the same text: where it cannot be made, the text comes without it.
    if (this.calls > callsWithout) this.making ??= this.ready().catch(() => undefined);
    return this.made !== undefined;
  }

  /** Makes it now. Rejects with what went wrong. */
  async ready(): Promise<void> {
    this.made ??= await this.make();
  }

  /** Frees it; waits for it where it is being made. Safe to call twice. */
  async dispose(): Promise<void> {
    await this.making;
    await this.made?.program.dispose();
    await this.made?.weights?.dispose?.();
    this.made = undefined;
  }
}

/** What a draft is made of. */
export interface DraftOptions {
  readonly engine: Engine;
  readonly backend: Backend;
  readonly host: Host;
  /** Makes it at once. Without it it is made in time, if the host can keep its weights: rounding them takes as long as some captions. */
  readonly dtype: DraftDType | undefined;
}

/** The draft of a model; undefined for one that would gain nothing by it. */
export async function openDraft(options: DraftOptions): Promise<Draft | undefined> {
  const { engine, dtype } = options;
  const isRounded = engine.dtype === "int8" || engine.dtype === "int4";
  if (engine.part !== "causalLM" || (isRounded && dtype === undefined)) return undefined;
  const draft = new Draft(() => compileDraft(options));
  if (dtype !== undefined) await draft.ready();
  return draft;
}

async function compileDraft(options: DraftOptions): Promise<CompiledDraft | undefined> {
  const { engine, backend, host, dtype = "int8" } = options;
  const { config, weights } = engine;
  const graph = draftGraph(decoderGraph(config));
  const plan = planQuantization([graph], dtype);
  const kept = await preparedDraft(host, weights, plan, dtype);
  if (kept === undefined && options.dtype === undefined) return undefined;
  const quantized = quantizeGraph(graph, plan);
  const own: WeightSource = { names: weights.names, get: (name) => kept?.get(name) ?? weights.get(name) };
  const all = quantizedWeights(own, plan, new Set(Object.keys(quantized.weights)));
  try {
    return { program: await backend.compile({ draft: quantized }, forBackend(all, backend)), weights: kept };
  } catch (error) {
    await kept?.dispose?.();
    throw error;
  }
}
