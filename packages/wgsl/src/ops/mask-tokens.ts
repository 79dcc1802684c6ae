// maskTokens: logits of tokens that must not be chosen become the lowest number.
import type { Node } from "@glimpsejs/graph";
import { elementIndex, groupsFor, kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { ceilDivide, product } from "../size.ts";
import { copyOf } from "./elementwise.ts";
import { plainOutputs } from "./plain-outputs.ts";

const size = 64;

const text = kernel({
  name: "maskTokens",
  params: ["count", "v", "n", "x0", "tokens0", "y0"],
  bindings: [{ name: "x" }, { name: "tokens", type: "i32" }, { name: "y", access: "write" }],
  size,
  body: `
      let i = ${elementIndex(size)};
      if (i >= p.count) { return; }
      let start = p.tokens0 + (i / p.v) * p.n;
      let token = i32(i % p.v);
      var isMasked = false;
      for (var j = 0u; j < p.n; j++) { isMasked = isMasked || tokens[start + j] == token; }
      y[p.y0 + i] = select(x[p.x0 + i], -3.4028234663852886e38, isMasked);`,
});

/** x [R, V], tokens [R, N] → [R, V] */
export function maskTokens(l: Lowering, node: Node<"maskTokens">): void {
  const copy = copyOf(l, node.path);
  const x = l.contiguous(l.read(node.inputs.x), copy);
  const tokens = l.contiguous(l.read(node.inputs.tokens), copy);
  const { views, copyBack } = plainOutputs(l, node);
  const [y] = views;
  const [, v = 1] = x.shape;
  l.dispatch({
    kernel: text,
    op: node.op,
    path: node.path,
    buffers: [x.buffer, tokens.buffer, y?.buffer ?? 0],
    params: {
      count: product(x.shape),
      v,
      n: tokens.shape[1] ?? 0,
      x0: x.offset,
      tokens0: tokens.offset,
      y0: y?.offset ?? 0,
    },
    groups: groupsFor(ceilDivide(l.elements(x.shape), size)),
  });
  copyBack();
}
