// Bytes of a whole model, read back with a reader of the wire format that knows nothing of the writer.
import { buildGraph } from "@glimpsejs/graph";
import { describe, expect, it } from "vitest";
import { toOnnx } from "./to-onnx.ts";

type Field = number | Uint8Array;

/** All fields of a message by number. */
function parse(bytes: Uint8Array): Map<number, Field[]> {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const list = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, list);
    if ((tag & 7) === 0) list.push(varint());
    else {
      const length = (tag & 7) === 5 ? 4 : varint();
      list.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return fields;
}

const messages = (fields: Map<number, Field[]>, field: number) =>
  (fields.get(field) ?? []).map((value) => parse(value instanceof Uint8Array ? value : new Uint8Array()));
const strings = (fields: Map<number, Field[]>, field: number) =>
  (fields.get(field) ?? []).map((value) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : ""));

describe("toOnnx", () => {
  const graph = buildGraph("tiny", (b) => {
    const x = b.input("x", "float32", ["n", 2]);
    const y = b.op("linear", { x, weight: b.weight("w", [2, 2]) }, {});
    b.output("y", b.op("layerNorm", { x: y, weight: b.weight("g", [2]), bias: b.weight("b", [2]) }, { epsilon: 0.25 }));
  });
  const inline = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const bytes = toOnnx(graph, (name) =>
    name === "w"
      ? { dtype: "float32", data: { path: "a/b.safetensors", offset: 5_000_000_000 } }
      : { dtype: "float32", data: inline },
  );
  const model = parse(bytes);
  const [onnx = new Map<number, Field[]>()] = messages(model, 7);

  it("declares IR version 8, opset 17 and the ops of ONNX Runtime", () => {
    expect(model.get(1)).toEqual([8]);
    expect(messages(model, 8).map((set) => [strings(set, 1)[0], set.get(2)?.[0]])).toEqual([
      ["", 17],
      ["com.microsoft", 1],
    ]);
  });

  it("writes nodes with attributes of their types", () => {
    const [product, norm] = messages(onnx, 1);
    if (product === undefined || norm === undefined) throw new Error("two nodes expected");
    expect([strings(product, 4), strings(product, 7), strings(product, 1)]).toEqual([
      ["FusedMatMul"],
      ["com.microsoft"],
      ["x", "w"],
    ]);
    expect([strings(norm, 2), strings(norm, 7)]).toEqual([["y"], [""]]);
    const [axis, epsilon] = messages(norm, 5);
    expect([axis?.get(20), epsilon?.get(20)]).toEqual([[2], [1]]); // INT, FLOAT
    expect(epsilon?.get(2)).toEqual([Uint8Array.of(0, 0, 128, 62)]); // 0.25
  });

  it("writes weights inline, or as location, offset and length beyond 4 GB", () => {
    const [w, g] = messages(onnx, 5);
    if (w === undefined || g === undefined) throw new Error("weights expected");
    const entries = messages(w, 13).map((entry) => [strings(entry, 1)[0], strings(entry, 2)[0]]);
    expect(Object.fromEntries(entries)).toEqual({ location: "a/b.safetensors", offset: "5000000000", length: "16" });
    expect([w.get(14), w.get(9)]).toEqual([[1], undefined]);
    expect([g.get(9), g.get(14)]).toEqual([[inline], undefined]);
    expect([w.get(2), w.get(1)]).toEqual([[1], [Uint8Array.of(2, 2)]]);
  });

  it("writes named dimensions as dim_param", () => {
    const [x = new Map<number, Field[]>()] = messages(onnx, 11);
    expect(strings(x, 1)).toEqual(["x"]);
    const [tensor = new Map<number, Field[]>()] = messages(messages(x, 2)[0] ?? new Map(), 1);
    const dims = messages(messages(tensor, 2)[0] ?? new Map(), 1);
    expect([dims.map((dim) => strings(dim, 2)[0]), dims.map((dim) => dim.get(1)?.[0])]).toEqual([
      ["n", undefined],
      [undefined, 2],
    ]);
  });
});
