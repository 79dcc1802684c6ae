// add: elementwise sum with numpy's broadcasting.
import type { TensorType } from "../graph.ts";
import type { OpDefinition } from "./op.ts";

/** a, b float32 → a + b; dimensions are aligned at the right, a 1 stretches. */
export const add: OpDefinition<{ readonly a: TensorType; readonly b: TensorType }, object> = {
  infer({ a, b }, _, fail) {
    if (a.dtype !== "float32" || b.dtype !== "float32") {
      fail({ problem: "wrong dtype", expected: "float32", got: `${a.dtype} and ${b.dtype}` });
    }
    const rank = Math.max(a.shape.length, b.shape.length);
    const shape = Array.from({ length: rank }, (_, i) => {
      const m = a.shape[i - rank + a.shape.length] ?? 1;
      const n = b.shape[i - rank + b.shape.length] ?? 1;
      if (m !== n && m !== 1 && n !== 1)
        fail({ problem: `axis ${i} cannot be broadcast`, expected: `${m}`, got: `${n}` });
      return m === 1 ? n : m;
    });
    return [{ dtype: "float32", shape }];
  },
};
