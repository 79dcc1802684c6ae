// 4-bit weights in a file with their 8-bit forms beside them, for the graphs that read pictures: made anew at every load
// they took longer than a caption, and were in memory twice meanwhile.
import type { QuantizedFormat, Weight, WeightSource } from "@glimpsejs/graph";
import { joinQuantized, quantizedName, quantizedWeights, scalesName } from "@glimpsejs/model";
import type { StoredForm } from "./stored-form.ts";
import { withReplaced } from "./weights.ts";

const [suffix, scalesSuffix] = [" of 8 bits", " of 8 bits, scales"];

/** The weights of a form, with the 8-bit forms of those that graphs of many rows have in 4: the graphs without state. */
export function withEightBits({ graphs, weights }: StoredForm): WeightSource {
  // The numbers that the 4 bits stand for, not those that they were rounded from.
  const named = new Set(weights.names);
  const get = (name: string) => (named.has(name) ? weights.get(name) : undefined);
  const floats = joinQuantized({ names: weights.names, get }, true);
  const read = new Set(
    Object.values(graphs).flatMap((graph) => (Object.keys(graph.carries).length > 0 ? [] : Object.keys(graph.weights))),
  );
  const added = new Map<string, Weight | undefined>();
  for (const name of floats.names) {
    const weight = floats.get(name);
    const stored = weight?.quantized && quantizedName(name, weight.quantized.format);
    if (weight?.quantized?.format.bits !== 4 || stored === undefined || !read.has(stored)) continue;
    const format: QuantizedFormat = { bits: 8, block: weight.shape[1] ?? 1 };
    const made = quantizedWeights(floats, new Map([[name, format]]));
    added.set(stored + suffix, made.get(quantizedName(name, format)));
    added.set(stored + scalesSuffix, made.get(scalesName(name)));
  }
  return withReplaced(weights, added);
}

/** What {@link withEightBits} was made of; each of those weights knows its 8-bit form. */
export function fromEightBits(source: WeightSource): WeightSource {
  return {
    ...source,
    names: source.names.filter((name) => !name.includes(suffix)),
    get(name) {
      const [stored, weight, scales] = [name, name + suffix, name + scalesSuffix].map((one) => source.get(one));
      if (stored === undefined || weight === undefined || scales === undefined) return stored;
      return { ...stored, eightBits: { format: { bits: 8, block: weight.shape[1] ?? 1 }, weight, scales } };
    },
  };
}
