// add → Add, whose broadcasting is numpy's too.
import type { Node } from "@glimpsejs/graph";
import type { Emitter } from "../emitter.ts";

/** One node. */
export function add({ inputs }: Node<"add">, e: Emitter): readonly string[] {
  return [e.node("Add", [e.nameOf(inputs.a), e.nameOf(inputs.b)])];
}
