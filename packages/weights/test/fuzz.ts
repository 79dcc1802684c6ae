// One fuzz input against the safetensors header parser, and what must hold of the result.
import { GlimpseError } from "@glimpsejs/base";
import { parseSafetensorsHeader } from "../src/safetensors-header.ts";
import { mutate, mutateLength, randomNumbers, seeds } from "./mutate.ts";

/** Parses a header; true if it was accepted. Throws unless it is either right or refused with a typed error. */
export function parseOrRefuse(header: Uint8Array, dataLength: number): boolean {
  try {
    const { tensors } = parseSafetensorsHeader(header, dataLength, "fuzz");
    let end = 0;
    for (const { offset, byteLength } of tensors.values()) {
      if (offset !== end) throw new Error(`accepted a hole or overlap at ${offset}`);
      end += byteLength;
    }
    if (end !== dataLength) throw new Error(`accepted ${end} bytes of tensors in ${dataLength} bytes of data`);
    return true;
  } catch (error) {
    if (GlimpseError.isInstance(error, "invalid-weights") || GlimpseError.isInstance(error, "invalid-json"))
      return false;
    throw error;
  }
}

/** The input of a seed: the same seed gives the same input. */
export function fuzzInput(seed: number): { readonly header: Uint8Array; readonly dataLength: number } {
  const random = randomNumbers(seed);
  random(); // the first numbers of small seeds are small
  random();
  const start = seeds[Math.floor(random() * seeds.length)] ?? { header: new Uint8Array(0), dataLength: 0 };
  return { header: mutate(start.header, random), dataLength: mutateLength(start.dataLength, random) };
}
