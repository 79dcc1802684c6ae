// The text form of an ONNX model, for snapshots and bug reports. Weights' bytes are not shown.
import { formatType } from "@glimpsejs/graph";
import type { OnnxAttribute, OnnxModel, OnnxTensor } from "./model.ts";

/** Writes a model as text, one node a line: `y = com.microsoft.FusedMatMul(x, w, transB=1)    # path/FusedMatMul`. */
export function printOnnx(model: OnnxModel): string {
  return [
    `model ${model.name}`,
    ...Object.entries(model.inputs).map(([name, type]) => `  input ${name} : ${formatType(type)}`),
    ...model.initializers.map((tensor) => `  initializer ${tensor.name} : ${formatType(tensor)}${where(tensor)}`),
    ...model.nodes.map((node) => {
      const attributes = Object.entries(node.attributes).map(([name, value]) => `${name}=${formatAttribute(value)}`);
      const op = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
      const line = `  ${node.outputs.join(", ")} = ${op}(${[...node.inputs, ...attributes].join(", ")})`;
      return node.outputs.join() === node.name ? line : `${line}    # ${node.name}`;
    }),
    ...Object.entries(model.outputs).map(([name, type]) => `  output ${name} : ${formatType(type)}`),
    "",
  ].join("\n");
}

function where({ data, byteLength }: OnnxTensor): string {
  return data instanceof Uint8Array ? "" : ` @ ${data.path}[${data.offset}, ${data.offset + byteLength})`;
}

function formatAttribute(value: OnnxAttribute): string {
  if (typeof value === "number") return String(value);
  return "float" in value ? `${value.float}f` : `[${value.join(", ")}]`;
}
