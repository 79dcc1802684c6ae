// quantizedLinear: linear whose weight is stored as small whole numbers with scales. How such a weight is made is
// quantize.ts's business; how exactly the rows of x enter the products is the backend's (many round them to 8 bits too).
import type { TensorType } from "../graph.ts";
import { dims, type OpDefinition, sameDim } from "./op.ts";

/** How a weight is stored: `block` neighbours along K share a scale. */
export interface QuantizedFormat {
  /** 8: int8 [N, K], one block per row (block = K). 4: uint8 [N, K/2], two per byte, block a power of two from 16. */
  readonly bits: 8 | 4;
  /** How many neighbours along K share a scale; divides K. */
  readonly block: number;
}

/**
 * x float32 [..., K], weight q [N, K], scales float32 [N, K/block], bias? float32 [N] → x · (scale·q)ᵀ + bias
 * [..., N]. With 8 bits the weight is int8 [N, K], −127 ≤ q ≤ 127; with 4 bits uint8 [N, K/2], the low half of a byte
 * first, q = half − 8.
 */
export const quantizedLinear: OpDefinition<
  {
    readonly x: TensorType;
    readonly weight: TensorType;
    readonly scales: TensorType;
    readonly bias?: TensorType | undefined;
  },
  QuantizedFormat
> = {
  infer({ x, weight, scales, bias }, { bits, block }, fail) {
    if (bits !== 8 && bits !== 4) fail({ problem: "the bits are not supported", expected: "8 or 4", got: `${bits}` });
    const [n, stored] = dims("weight", weight, bits === 8 ? "int8" : "uint8", 2, fail);
    const k = bits === 8 ? Number(stored) : 2 * Number(stored);
    const legal = bits === 8 ? block === k : block >= 16 && Number.isInteger(Math.log2(block)) && k % block === 0;
    if (!legal) {
      const expected = bits === 8 ? `${k}, the whole row` : `a power of two from 16 that divides ${k}`;
      fail({ problem: "the block does not fit the weight", expected, got: `${block}` });
    }
    dims("x", x, "float32", Math.max(1, x.shape.length), fail);
    sameDim("inner dimensions", x.shape.at(-1), k, fail);
    const [rows, blocks] = dims("scales", scales, "float32", 2, fail);
    sameDim("rows of weight and scales", rows, n, fail);
    sameDim("blocks of weight and scales", blocks, k / block, fail);
    if (bias !== undefined) sameDim("bias and output dimension", dims("bias", bias, "float32", 1, fail)[0], n, fail);
    return [{ dtype: "float32", shape: [...x.shape.slice(0, -1), n ?? 0] }];
  },
};
