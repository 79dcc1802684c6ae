// The suite: all groups in the order in which failures should be read.
import type { ConformanceTest } from "../suite.ts";
import { blockTests } from "./blocks.ts";
import { carryTests } from "./carries.ts";
import { choiceTests } from "./choices.ts";
import { errorTests } from "./errors.ts";
import { opTests } from "./ops.ts";
import { orderTests } from "./order.ts";
import { quantizedTests } from "./quantized.ts";
import { tensorTests } from "./tensors.ts";
import { wholeTests } from "./whole.ts";

/** Every test by group. */
export const groups: Readonly<Record<string, readonly ConformanceTest[]>> = {
  tensors: tensorTests,
  ops: opTests,
  quantized: quantizedTests,
  blocks: blockTests,
  carries: carryTests,
  choices: choiceTests,
  order: orderTests,
  errors: errorTests,
  whole: wholeTests,
};
