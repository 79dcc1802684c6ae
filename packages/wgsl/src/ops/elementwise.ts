// Elementwise kernels over views of any strides: add with broadcasting, activation, and the copy that makes a view
// contiguous. They are for what the fusion pass leaves over; nothing of a decode step runs here.
import type { ActivationFunction, Dim, Node } from "@glimpsejs/graph";
import { elementIndex, groupsFor, type Kernel, kernel } from "../kernel.ts";
import type { Lowering } from "../lowering.ts";
import { ceilDivide, product } from "../size.ts";
import { rowMajor, type View } from "../view.ts";
import { activationText } from "./activation-text.ts";

const size = 64;

interface Elementwise {
  readonly op: string;
  readonly path: string;
  readonly inputs: readonly View[];
  readonly output: View;
  /** u32 where bits are moved. */
  readonly type: "f32" | "u32";
  /** Of the variables a and b. */
  readonly expression: string;
  readonly activation?: ActivationFunction;
}

/** Strided operands are those that do not simply lie there in the order of the output. */
function elementwiseKernel(parts: Elementwise, rank: number, strided: readonly boolean[]): Kernel {
  const { op, inputs, type, expression, activation } = parts;
  const names = [...inputs.map((_, i) => "ab"[i] ?? ""), "y"];
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const operand = (name: string, i: number) =>
    strided[i] ? [`${name}0`, ...axes.map((a) => `${name}s${a}`)] : [`${name}0`];
  const at = (name: string, i: number) =>
    strided[i] ? `${[`p.${name}0`, ...axes.map((a) => `i${a} * p.${name}s${a}`)].join(" + ")}` : `p.${name}0 + i`;
  const anyStrided = strided.some(Boolean);
  const indices = axes
    .toReversed()
    .flatMap((a) => (a === 0 ? ["let i0 = rest;"] : [`let i${a} = rest % p.n${a};`, `rest /= p.n${a};`]));
  return kernel({
    name: op,
    params: ["count", ...(anyStrided ? axes.map((a) => `n${a}`) : []), ...names.flatMap(operand)],
    bindings: names.map((name) => ({ name, type, access: name === "y" ? ("write" as const) : ("read" as const) })),
    size,
    declarations: activation === undefined ? "" : activationText(activation),
    body: `
      let i = ${elementIndex(size)};
      if (i >= p.count) { return; }
      ${anyStrided ? ["var rest = i;", ...indices].join("\n      ") : ""}
      ${names
        .slice(0, -1)
        .map((name, i) => `let ${name}_value = ${name}[${at(name, i)}];`)
        .join("\n      ")}
      y[${at("y", inputs.length)}] = ${expression};`,
  });
}

function emit(l: Lowering, parts: Elementwise): void {
  const { inputs, output, op, path } = parts;
  const { shape } = output;
  const views = [...inputs, output];
  const strides = rowMajor(shape);
  const strided = views.map((view) => !shape.every((n, axis) => n === 1 || view.strides[axis] === strides[axis]));
  const text = elementwiseKernel(parts, shape.length, strided);
  const params: Record<string, Dim> = { count: product(shape) };
  for (const [axis, n] of shape.entries()) params[`n${axis}`] = n;
  for (const [i, view] of views.entries()) {
    const name = i === inputs.length ? "y" : (["a", "b"][i] ?? "");
    params[`${name}0`] = view.offset;
    for (const [axis, stride] of view.strides.entries()) params[`${name}s${axis}`] = stride;
  }
  const groups = groupsFor(ceilDivide(l.elements(shape), size));
  const buffers = views.map(({ buffer }) => buffer);
  // A value added to itself is one buffer twice, which is allowed for reading.
  l.dispatch({ kernel: text, op, path, buffers, params, groups, flops: op === "copy" ? 0 : product(shape) });
}

/** Aligns a view with a shape at the right and stretches its axes of size 1. */
function broadcast(view: View, shape: readonly Dim[]): View {
  const missing = shape.length - view.shape.length;
  const strides = shape.map((n, axis) => {
    const own = axis - missing;
    return own < 0 || (view.shape[own] === 1 && n !== 1) ? 0 : (view.strides[own] ?? 0);
  });
  return { ...view, shape, strides };
}

/** Copies a view into another of its shape. */
export function copyTo(l: Lowering, input: View, output: View, path: string): void {
  emit(l, { op: "copy", path, inputs: [input], output, type: "u32", expression: "a_value" });
}

/** A contiguous copy of a view. */
export function copyOf(l: Lowering, path: string): (view: View) => View {
  return (view) => {
    const output = l.temporary(view.shape);
    copyTo(l, view, output, path);
    return output;
  };
}

/** add: a + b with numpy's broadcasting. */
export function add(l: Lowering, node: Node<"add">): void {
  const [name = ""] = node.outputs;
  const shape = l.shape(name);
  const inputs = [broadcast(l.read(node.inputs.a), shape), broadcast(l.read(node.inputs.b), shape)];
  const output = l.write(name);
  emit(l, { op: "add", path: node.path, inputs, output, type: "f32", expression: "a_value + b_value" });
}

/** activation on its own, where no product comes before it. */
export function activation(l: Lowering, node: Node<"activation">): void {
  const [name = ""] = node.outputs;
  const inputs = [l.read(node.inputs.x)];
  const output = l.write(name);
  const { function: named } = node.attributes;
  emit(l, {
    op: "activation",
    path: node.path,
    inputs,
    output,
    type: "f32",
    expression: "activation(a_value)",
    activation: named,
  });
}
