// Decoders of text rows only, made of the one that takes image rows as well. In a file of its own, for bundles in which
// every run takes both.
import { type Graph, specialize } from "@glimpsejs/graph";

/**
 * A decoderGraph() in two: `trunk` makes keys and values of image rows (`image.N.key|value`) and nothing else,
 * `decoder` takes text rows only and has no `imageFeatures`. For backends and dtypes that keep the weights of the two in
 * different forms.
 */
export function separateTrunk(decoder: Graph): {
  /** Image rows to keys and values. */
  readonly trunk: Graph;
  /** Text rows on keys and values that are there. */
  readonly decoder: Graph;
} {
  const noText = { trunk: 0, past: 0, text: 0, wanted: 0, columns: 0, masked: 0, given: 0 };
  return { trunk: specialize(decoder, noText, "trunk"), decoder: withoutImage(decoder) };
}

/** A decoder of text rows only: decoderGraph() without `imageFeatures`. */
export function withoutImage(decoder: Graph, name?: string): Graph {
  const text = specialize(decoder, { image: 0 }, name);
  const { positionIds } = decoder.inputs;
  // Fed to every decoder, though with relative positions nothing reads them.
  return positionIds === undefined ? text : { ...text, inputs: { ...text.inputs, positionIds } };
}
