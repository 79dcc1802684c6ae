// splitHeads → Reshape and Transpose.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";
import { headsFirst } from "./heads.ts";

/** Two nodes. [B, T, H·d] → [B, T, H, d] → [B, H, T, d] */
export function splitHeads({ inputs, attributes }: Node<"splitHeads">, e: Emitter): readonly string[] {
  return [headsFirst(e, e.nameOf(inputs.x), e.typeOf(inputs.x).shape, attributes.heads)];
}
