// ONNX as text for small graphs: what each op becomes, how sizes are computed, how weights and outputs enter a model.
import { type Builder, buildGraph } from "@glimpsejs/graph";
import { describe, expect, it } from "vitest";
import { printOnnx } from "./print.ts";
import type { OnnxTarget } from "./target.ts";
import { lowerGraph, type OnnxWeight } from "./to-onnx.ts";

const inFile: OnnxWeight = { dtype: "float32", data: { path: "model.safetensors", offset: 1024 } };

function lower(
  build: (b: Builder) => void,
  weightOf: (name: string) => OnnxWeight = () => inFile,
  target?: OnnxTarget,
): string {
  return printOnnx(lowerGraph(buildGraph("test", build), weightOf, target));
}

describe("lowering of ops", () => {
  it("linear, activation, layerNorm and add", () => {
    const text = lower((root) => {
      const x = root.input("x", "float32", ["batch", 4]);
      const b = root.at("ffn");
      const weights = { weight: b.weight("weight", [4, 4]), bias: b.weight("bias", [4]) };
      const active = b.op("activation", { x: b.op("linear", { x, ...weights }, {}) }, { function: "quick_gelu" });
      const sum = b.op("add", { a: active, b: x }, {});
      const norm = { weight: b.weight("norm.weight", [4]), bias: b.weight("norm.bias", [4]) };
      root.output("y", b.op("layerNorm", { x: sum, ...norm }, { epsilon: 0.5 }));
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input x : float32[batch, 4]
        initializer ffn.weight : float32[4, 4] @ model.safetensors[1024, 1088)
        initializer ffn.bias : float32[4] @ model.safetensors[1024, 1040)
        initializer ffn.norm.weight : float32[4] @ model.safetensors[1024, 1040)
        initializer ffn.norm.bias : float32[4] @ model.safetensors[1024, 1040)
        ffn/FusedMatMul = com.microsoft.FusedMatMul(x, ffn.weight, transB=1)
        ffn/Add = Add(ffn/FusedMatMul, ffn.bias)
        ffn/QuickGelu = com.microsoft.QuickGelu(ffn/Add, alpha=1.702f)
        ffn/Add.2 = Add(ffn/QuickGelu, x)
        y = LayerNormalization(ffn/Add.2, ffn.norm.weight, ffn.norm.bias, axis=-1, epsilon=0.5f)    # ffn/LayerNormalization
        output y : float32[batch, 4]
      "
    `);
  });

  it("every activation function", () => {
    const functions = ["gelu", "gelu_new", "quick_gelu", "relu", "silu", "selu"] as const;
    const text = lower((b) => {
      const x = b.input("x", "float32", ["n"]);
      for (const name of functions) b.output(name, b.op("activation", { x }, { function: name }));
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input x : float32[n]
        gelu = com.microsoft.Gelu(x)    # Gelu
        gelu_new = com.microsoft.FastGelu(x)    # FastGelu
        quick_gelu = com.microsoft.QuickGelu(x, alpha=1.702f)    # QuickGelu
        relu = Relu(x)    # Relu
        silu = com.microsoft.QuickGelu(x, alpha=1f)    # QuickGelu.2
        selu = Selu(x)    # Selu
        output gelu : float32[n]
        output gelu_new : float32[n]
        output quick_gelu : float32[n]
        output relu : float32[n]
        output silu : float32[n]
        output selu : float32[n]
      "
    `);
  });

  it("patchEmbedding, expand, concat and a table added", () => {
    const text = lower((b) => {
      const pixels = b.input("pixels", "float32", ["batch", 3, "16*rows", "16*columns"]);
      const patches = b.op("patchEmbedding", { pixels, weight: b.weight("patch", [8, 3, 16, 16]) }, {});
      const row = b.op("reshape", { x: b.weight("class", [8]) }, { shape: [1, 1, 8] });
      const classToken = b.op("expand", { x: row }, { shape: ["batch", 1, 8] });
      b.output("tokens", b.op("concat", { parts: [classToken, patches] }, { axis: 1 }));
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input pixels : float32[batch, 3, 16*rows, 16*columns]
        initializer patch : float32[8, 3, 16, 16] @ model.safetensors[1024, 25600)
        initializer class : float32[8] @ model.safetensors[1024, 1056)
        initializer int64 [8] : int64[1]
        initializer int64 [16] : int64[1]
        initializer int64 [1, 1, 8] : int64[3]
        initializer int64 [1] : int64[1]
        Conv = Conv(pixels, patch, kernel_shape=[16, 16], strides=[16, 16])
        Shape = Shape(pixels, start=0, end=1)
        Shape.2 = Shape(pixels, start=3, end=4)
        Div = Div(Shape.2, int64 [16])
        Shape.3 = Shape(pixels, start=2, end=3)
        Div.2 = Div(Shape.3, int64 [16])
        Mul = Mul(Div, Div.2)
        Concat = Concat(Shape, int64 [8], Mul, axis=0)
        Reshape = Reshape(Conv, Concat, allowzero=1)
        Transpose = Transpose(Reshape, perm=[0, 2, 1])
        Reshape.2 = Reshape(class, int64 [1, 1, 8])
        Concat.2 = Concat(Shape, int64 [1], int64 [1], axis=0)
        Expand = Expand(Reshape.2, Concat.2)
        tokens = Concat(Expand, Transpose, axis=1)    # Concat.3
        output tokens : float32[batch, 1 + columns*rows, 8]
      "
    `);
  });

  it("embedding, split into named sizes and gatherRows", () => {
    const text = lower((b) => {
      const ids = b.input("ids", "int32", ["batch", "image + text"]);
      b.input("text", "int32", ["text"]);
      b.input("image", "int32", ["image"]);
      const x = b.op("embedding", { table: b.weight("table", [9, 4]), ids }, {});
      const [image, text] = b.ops("split", { x }, { axis: 1, sizes: ["image", "text"] });
      if (image === undefined || text === undefined) return;
      b.output("image.rows", image);
      const rows = b.input("rows", "int32", ["wanted"]);
      b.output("wanted.rows", b.op("gatherRows", { x: text, rows }, {}));
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input ids : int32[batch, image + text]
        input text : int32[text]
        input image : int32[image]
        input rows : int32[wanted]
        initializer table : float32[9, 4] @ model.safetensors[1024, 1168)
        initializer int64 [-1, 4] : int64[2]
        Gather = Gather(table, ids, axis=0)
        Shape = Shape(image, start=0, end=1)
        Shape.2 = Shape(text, start=0, end=1)
        Concat = Concat(Shape, Shape.2, axis=0)
        image.rows, Split:1 = Split(Gather, Concat, axis=1)    # Split
        Reshape = Reshape(Split:1, int64 [-1, 4])
        wanted.rows = Gather(Reshape, rows, axis=0)    # Gather.2
        output image.rows : float32[batch, image, 4]
        output wanted.rows : float32[wanted, 4]
      "
    `);
  });

  it("attention to one segment is one MultiHeadAttention", () => {
    const text = lower((b) => {
      const query = b.input("query", "float32", ["batch", "s", 8]);
      const keys = [b.op("splitHeads", { x: b.input("key", "float32", ["batch", "t", 8]) }, { heads: 2 })];
      const values = [b.op("splitHeads", { x: b.input("value", "float32", ["batch", "t", 8]) }, { heads: 2 })];
      const [context] = b.ops("attention", { query, keys, values }, { heads: 2 });
      if (context !== undefined) b.output("context", context);
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input query : float32[batch, s, 8]
        input key : float32[batch, t, 8]
        input value : float32[batch, t, 8]
        initializer int64 [0, 0, 2, 4] : int64[4]
        Reshape = Reshape(key, int64 [0, 0, 2, 4])
        Transpose = Transpose(Reshape, perm=[0, 2, 1, 3])
        Reshape.2 = Reshape(value, int64 [0, 0, 2, 4])
        Transpose.2 = Transpose(Reshape.2, perm=[0, 2, 1, 3])
        context = com.microsoft.MultiHeadAttention(query, Transpose, Transpose.2, num_heads=2)    # MultiHeadAttention
        output context : float32[batch, s, 8]
      "
    `);
  });

  it("attention to several segments never joins keys or values", () => {
    const text = lower((b) => {
      const query = b.input("query", "float32", ["batch", "s", 8]);
      const trunk = b.input("trunk", "float32", ["batch", 2, "t", 4]);
      const past = b.input("past", "float32", ["batch", 2, "p", 4]);
      const mask = b.input("mask", "float32", ["batch", "s", "p"]);
      const both = [trunk, past];
      const headMask = b.input("headMask", "float32", [2]);
      const [context] = b.ops("attention", { query, keys: both, values: both, mask, headMask }, { heads: 2 });
      if (context !== undefined) b.output("context", context);
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input query : float32[batch, s, 8]
        input trunk : float32[batch, 2, t, 4]
        input past : float32[batch, 2, p, 4]
        input mask : float32[batch, s, p]
        input headMask : float32[2]
        initializer float32 0.5 : float32[1]
        initializer int64 [0, 0, 2, 4] : int64[4]
        initializer int64 [1] : int64[1]
        initializer int64 [2, 1, 1] : int64[3]
        initializer int64 [0, 0, 8] : int64[3]
        Mul = Mul(query, float32 0.5)
        Reshape = Reshape(Mul, int64 [0, 0, 2, 4])
        Transpose = Transpose(Reshape, perm=[0, 2, 1, 3])
        FusedMatMul = com.microsoft.FusedMatMul(Transpose, trunk, transB=1)
        FusedMatMul.2 = com.microsoft.FusedMatMul(Transpose, past, transB=1)
        Unsqueeze = Unsqueeze(mask, int64 [1])
        Add = Add(FusedMatMul.2, Unsqueeze)
        Concat = Concat(FusedMatMul, Add, axis=3)
        Softmax = Softmax(Concat, axis=-1)
        Reshape.2 = Reshape(headMask, int64 [2, 1, 1])
        Mul.2 = Mul(Softmax, Reshape.2)
        Shape = Shape(trunk, start=2, end=3)
        Shape.2 = Shape(past, start=2, end=3)
        Concat.2 = Concat(Shape, Shape.2, axis=0)
        Split:0, Split:1 = Split(Mul.2, Concat.2, axis=3)    # Split
        MatMul = MatMul(Split:0, trunk)
        MatMul.2 = MatMul(Split:1, past)
        Sum = Sum(MatMul, MatMul.2)
        Transpose.2 = Transpose(Sum, perm=[0, 2, 1, 3])
        context = Reshape(Transpose.2, int64 [0, 0, 8])    # Reshape.3
        output context : float32[batch, s, 8]
      "
    `);
  });

  it("attention with relative positions", () => {
    const text = lower((b) => {
      const query = b.input("query", "float32", ["batch", "s", 8]);
      const keys = [b.input("keys", "float32", ["batch", 2, "t", 4])];
      const distances = b.weight("distances", [9, 4]);
      const queryPositions = b.input("queryPositions", "int32", ["batch", "s"]);
      const keyPositions = b.input("keyPositions", "int32", ["batch", "t"]);
      const inputs = { query, keys, values: keys, distances, queryPositions, keyPositions };
      const [, probabilities] = b.ops("attention", inputs, { heads: 2, relative: "key_query" });
      if (probabilities !== undefined) b.output("probabilities", probabilities);
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input query : float32[batch, s, 8]
        input keys : float32[batch, 2, t, 4]
        input queryPositions : int32[batch, s]
        input keyPositions : int32[batch, t]
        initializer distances : float32[9, 4] @ model.safetensors[1024, 1168)
        initializer float32 0.5 : float32[1]
        initializer int64 [0, 0, 2, 4] : int64[4]
        initializer int64 [2] : int64[1]
        initializer int64 [1] : int64[1]
        initializer int32 4 : int32[1]
        initializer int64 [0, 0, 8] : int64[3]
        Mul = Mul(query, float32 0.5)
        Reshape = Reshape(Mul, int64 [0, 0, 2, 4])
        Transpose = Transpose(Reshape, perm=[0, 2, 1, 3])
        FusedMatMul = com.microsoft.FusedMatMul(Transpose, keys, transB=1)
        Unsqueeze = Unsqueeze(queryPositions, int64 [2])
        Unsqueeze.2 = Unsqueeze(keyPositions, int64 [1])
        Sub = Sub(Unsqueeze, Unsqueeze.2)
        Add = Add(Sub, int32 4)
        Gather = Gather(distances, Add, axis=0)
        Reshape.2 = Reshape(Mul, int64 [0, 0, 2, 4])
        FusedMatMul.2 = com.microsoft.FusedMatMul(Reshape.2, Gather, transB=1)
        Transpose.2 = Transpose(FusedMatMul.2, perm=[0, 2, 1, 3])
        Transpose.3 = Transpose(keys, perm=[0, 2, 1, 3])
        Transpose.4 = Transpose(Gather, perm=[0, 2, 1, 3])
        FusedMatMul.3 = com.microsoft.FusedMatMul(Transpose.3, Transpose.4, transB=1)
        Mul.2 = Mul(FusedMatMul.3, float32 0.5)
        Transpose.5 = Transpose(Mul.2, perm=[0, 2, 3, 1])
        Add.2 = Add(FusedMatMul, Transpose.2)
        Add.3 = Add(Add.2, Transpose.5)
        probabilities = Softmax(Add.3, axis=-1)    # Softmax
        MatMul = MatMul(probabilities, keys)
        Transpose.6 = Transpose(MatMul, perm=[0, 2, 1, 3])
        Reshape.3 = Reshape(Transpose.6, int64 [0, 0, 8])
        output probabilities : float32[batch, 2, s, t]
      "
    `);
  });
});

describe("on webgpu, around what its provider gets wrong,", () => {
  const onWebgpu = (build: (b: Builder) => void) => lower(build, () => inFile, "webgpu");

  it("attention to one segment is products and a softmax", () => {
    const text = onWebgpu((b) => {
      const query = b.input("query", "float32", ["batch", "text", 8]);
      const [key, value] = ["key", "value"].map((name) => b.input(name, "float32", ["batch", 2, "text", 4]));
      if (key === undefined || value === undefined) return;
      const [context] = b.ops("attention", { query, keys: [key], values: [value] }, { heads: 2 });
      if (context !== undefined) b.output("context", context);
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input query : float32[batch, text, 8]
        input key : float32[batch, 2, text, 4]
        input value : float32[batch, 2, text, 4]
        initializer float32 0.5 : float32[1]
        initializer int64 [0, 0, 2, 4] : int64[4]
        initializer int64 [0, 0, 8] : int64[3]
        Mul = Mul(query, float32 0.5)
        Reshape = Reshape(Mul, int64 [0, 0, 2, 4])
        Transpose = Transpose(Reshape, perm=[0, 2, 1, 3])
        Transpose.2 = Transpose(key, perm=[0, 1, 3, 2])
        MatMul = MatMul(Transpose, Transpose.2)
        Softmax = Softmax(MatMul, axis=-1)
        MatMul.2 = MatMul(Softmax, value)
        Transpose.3 = Transpose(MatMul.2, perm=[0, 2, 1, 3])
        context = Reshape(Transpose.3, int64 [0, 0, 8])    # Reshape.2
        output context : float32[batch, text, 8]
      "
    `);
  });

  it("layerNorm has the mean taken away before", () => {
    const text = onWebgpu((b) => {
      const x = b.input("x", "float32", ["batch", 4]);
      b.output(
        "y",
        b.op("layerNorm", { x, weight: b.weight("weight", [4]), bias: b.weight("bias", [4]) }, { epsilon: 0.5 }),
      );
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input x : float32[batch, 4]
        initializer weight : float32[4] @ model.safetensors[1024, 1040)
        initializer bias : float32[4] @ model.safetensors[1024, 1040)
        ReduceMean = ReduceMean(x, axes=[-1], keepdims=1)
        Sub = Sub(x, ReduceMean)
        y = LayerNormalization(Sub, weight, bias, axis=-1, epsilon=0.5f)    # LayerNormalization
        output y : float32[batch, 4]
      "
    `);
  });

  it("topK looks at halves, none of them as low as the lowest number", () => {
    const text = onWebgpu((b) => {
      const [values] = b.ops("topK", { x: b.input("x", "float32", [3, 4]) }, { k: 2 });
      if (values !== undefined) b.output("values", values);
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input x : float32[3, 4]
        initializer int64 [1] : int64[1]
        initializer float32 0 : float32[1]
        initializer float32 0.5 : float32[1]
        initializer float32 -3.4028232635611926e+38 : float32[1]
        initializer int64 [2] : int64[1]
        initializer int32 -1 : int32[1]
        ReduceMax = ReduceMax(x, axes=[1], keepdims=1)
        Sub = Sub(x, ReduceMax)
        ReduceSum = ReduceSum(Sub, int64 [1], keepdims=1)
        LessOrEqual = LessOrEqual(ReduceSum, float32 0)
        Mul = Mul(x, float32 0.5)
        Max = Max(Mul, float32 -3.4028232635611926e+38)
        TopK:0, TopK:1 = TopK(Max, int64 [2], axis=1, largest=1, sorted=1)    # TopK
        values = Add(TopK:0, TopK:0)    # Add
        Cast = Cast(TopK:1, to=6)
        Where = Where(LessOrEqual, Cast, int32 -1)
        output values : float32[3, 2]
      "
    `);
  });
});

describe("quantizedLinear", () => {
  /** Two products of one x; for 4 bits the second is left out. */
  function quantized(target: OnnxTarget, bits: 8 | 4, bytes = false): string {
    const graph = buildGraph("test", (root) => {
      const x = root.input("x", "float32", ["batch", "text", 48]);
      for (const name of bits === 8 ? ["query", "key"] : ["query"]) {
        const b = root.at(name);
        const weight = bits === 8 ? b.weight("int8", [2, 48], "int8") : b.weight("int4", [2, 24], "uint8");
        const block = bits === 8 ? 48 : 16;
        const inputs = { x, weight, scales: b.weight("scales", [2, 48 / block]), bias: b.weight("bias", [2]) };
        root.output(name, b.op("quantizedLinear", inputs, { bits, block }));
      }
    });
    const dtypes = { int8: "int8", int4: "uint8", scales: "float32", bias: "float32" } as const;
    return printOnnx(
      lowerGraph(
        graph,
        (name) => {
          const dtype = dtypes[name.replace(/.*\./, "") as keyof typeof dtypes];
          return bytes ? { dtype, data: new Uint8Array(96) } : { ...inFile, dtype };
        },
        target,
      ),
    );
  }

  it("of 8 bits on cpu rounds x once, and takes the weights as they are stored", () => {
    expect(quantized("cpu", 8)).toMatchInlineSnapshot(`
      "model test
        input x : float32[batch, text, 48]
        initializer query.int8 : int8[2, 48] @ model.safetensors[1024, 1120)
        initializer query.scales of columns : float32[2] @ model.safetensors[1024, 1032)
        initializer query.bias : float32[2] @ model.safetensors[1024, 1032)
        initializer key.int8 : int8[2, 48] @ model.safetensors[1024, 1120)
        initializer key.scales of columns : float32[2] @ model.safetensors[1024, 1032)
        initializer key.bias : float32[2] @ model.safetensors[1024, 1032)
        query/DynamicQuantizeLinear:0, query/DynamicQuantizeLinear:1, query/DynamicQuantizeLinear:2 = DynamicQuantizeLinear(x)    # query/DynamicQuantizeLinear
        query/Transpose = Transpose(query.int8, perm=[1, 0])
        query = com.microsoft.MatMulIntegerToFloat(query/DynamicQuantizeLinear:0, query/Transpose, query/DynamicQuantizeLinear:1, query.scales of columns, query/DynamicQuantizeLinear:2, , query.bias)    # query/MatMulIntegerToFloat
        key/Transpose = Transpose(key.int8, perm=[1, 0])
        key = com.microsoft.MatMulIntegerToFloat(query/DynamicQuantizeLinear:0, key/Transpose, query/DynamicQuantizeLinear:1, key.scales of columns, query/DynamicQuantizeLinear:2, , key.bias)    # key/MatMulIntegerToFloat
        output query : float32[batch, text, 2]
        output key : float32[batch, text, 2]
      "
    `);
    expect(quantized("wasm", 8)).toBe(quantized("cpu", 8));
  });

  it("of 8 bits takes a weight that comes transposed as it is", () => {
    const graph = buildGraph("test", (b) => {
      const weight = b.weight("int8", [2, 48], "int8");
      const inputs = { x: b.input("x", "float32", ["rows", 48]), weight, scales: b.weight("scales", [2, 1]) };
      b.output("y", b.op("quantizedLinear", inputs, { bits: 8, block: 48 }));
    });
    const weightOf = (name: string) =>
      name === "int8"
        ? ({ ...inFile, dtype: "int8", isTransposed: true } as const)
        : ({ ...inFile, dtype: "float32" } as const);
    const text = printOnnx(lowerGraph(graph, weightOf));
    expect(text).toContain("initializer int8 transposed : int8[48, 2] @ model.safetensors[1024, 1120)");
    expect(text).not.toContain("Transpose(");
  });

  it("of 4 bits on cpu is MatMulNBits, with the weights as they are stored", () => {
    expect(quantized("cpu", 4)).toMatchInlineSnapshot(`
      "model test
        input x : float32[batch, text, 48]
        initializer query.int4 in blocks : uint8[2, 3, 8] @ model.safetensors[1024, 1072)
        initializer query.scales : float32[2, 3] @ model.safetensors[1024, 1048)
        initializer query.bias : float32[2] @ model.safetensors[1024, 1032)
        query = com.microsoft.MatMulNBits(x, query.int4 in blocks, query.scales, , , query.bias, K=48, N=2, bits=4, block_size=16, accuracy_level=4)    # query/MatMulNBits
        output query : float32[batch, text, 2]
      "
    `);
  });

  it("of 4 bits on wasm has 8 of them", () => {
    expect(quantized("wasm", 4, true)).toMatchInlineSnapshot(`
      "model test
        input x : float32[batch, text, 48]
        initializer query.int4 of 8 bits : int8[2, 48]
        initializer query.scales of rows : float32[2]
        initializer query.bias : float32[2]
        query/DynamicQuantizeLinear:0, query/DynamicQuantizeLinear:1, query/DynamicQuantizeLinear:2 = DynamicQuantizeLinear(x)    # query/DynamicQuantizeLinear
        query/Transpose = Transpose(query.int4 of 8 bits, perm=[1, 0])
        query = com.microsoft.MatMulIntegerToFloat(query/DynamicQuantizeLinear:0, query/Transpose, query/DynamicQuantizeLinear:1, query.scales of rows, query/DynamicQuantizeLinear:2, , query.bias)    # query/MatMulIntegerToFloat
        output query : float32[batch, text, 2]
      "
    `);
  });

  it("on webgpu is MatMulNBits, the 8 bits in other bytes", () => {
    expect(quantized("webgpu", 8, true)).toMatchInlineSnapshot(`
      "model test
        input x : float32[batch, text, 48]
        initializer query.int8 + 128 : uint8[2, 3, 16]
        initializer query.scales of blocks : float32[2, 3]
        initializer query.bias : float32[2]
        initializer key.int8 + 128 : uint8[2, 3, 16]
        initializer key.scales of blocks : float32[2, 3]
        initializer key.bias : float32[2]
        query = com.microsoft.MatMulNBits(x, query.int8 + 128, query.scales of blocks, , , query.bias, K=48, N=2, bits=8, block_size=16, accuracy_level=4)    # query/MatMulNBits
        key = com.microsoft.MatMulNBits(x, key.int8 + 128, key.scales of blocks, , , key.bias, K=48, N=2, bits=8, block_size=16, accuracy_level=4)    # key/MatMulNBits
        output query : float32[batch, text, 2]
        output key : float32[batch, text, 2]
      "
    `);
    expect(quantized("webgpu", 4)).toBe(quantized("cpu", 4));
    expect(() => quantized("webgpu", 8)).toThrow(
      'weight "query.int8": for "webgpu" it must come as bytes, not as a place in a file.',
    );
  });
});

describe("reshape", () => {
  const shapes = (to: readonly (number | string)[]) =>
    lower((b) => b.output("y", b.op("reshape", { x: b.input("x", "float32", ["b", "s", 6]) }, { shape: to })))
      .split("\n")
      .filter((line) => line.includes("="));

  it("copies dimensions that stay, infers one where no other is named, computes the rest", () => {
    expect(shapes(["b", "s", 2, 3])).toMatchInlineSnapshot(`
      [
        "  y = Reshape(x, int64 [0, 0, 2, 3])    # Reshape",
      ]
    `);
    expect(shapes(["b*s", 6])).toMatchInlineSnapshot(`
      [
        "  y = Reshape(x, int64 [-1, 6])    # Reshape",
      ]
    `);
    expect(shapes(["b", "6*s"])).toMatchInlineSnapshot(`
      [
        "  Shape = Shape(x, start=0, end=1)",
        "  Shape.2 = Shape(x, start=1, end=2)",
        "  Mul = Mul(Shape.2, int64 [6])",
        "  Concat = Concat(Shape, Mul, axis=0)",
        "  y = Reshape(x, Concat, allowzero=1)    # Reshape",
      ]
    `);
  });
});

describe("weights", () => {
  const build = (b: Builder) => {
    const x = b.input("x", "float32", [2]);
    b.output("y", b.op("add", { a: b.op("add", { a: x, b: b.weight("a", [2]) }, {}), b: b.weight("b", [2]) }, {}));
  };

  it("enter as bytes or as places in files, with a Cast where they are not float32", () => {
    const stored: Record<string, OnnxWeight> = {
      a: { dtype: "bfloat16", data: { path: "shard/1.bin", offset: 64 } },
      b: { dtype: "float32", data: new Uint8Array(8) },
    };
    expect(lower(build, (name) => stored[name] ?? inFile)).toMatchInlineSnapshot(`
      "model test
        input x : float32[2]
        initializer a : bfloat16[2] @ shard/1.bin[64, 68)
        initializer b : float32[2]
        a/Cast = Cast(a, to=1)
        Add = Add(x, a/Cast)
        y = Add(Add, b)    # Add.2
        output y : float32[2]
      "
    `);
  });

  it("are asked for only where an output depends on them", () => {
    const asked: string[] = [];
    const text = lower(
      (b) => {
        const x = b.input("x", "float32", [2]);
        b.op("add", { a: x, b: b.weight("unused", [2]) }, {});
        b.output("y", b.op("add", { a: x, b: b.weight("used", [2]) }, {}));
      },
      (name) => {
        asked.push(name);
        return inFile;
      },
    );
    expect(asked).toEqual(["used"]);
    expect(text).not.toContain("unused");
  });
});

describe("outputs", () => {
  it("have public names, in order, also where values coincide or the name is an input's", () => {
    const text = lower((b) => {
      const x = b.input("x", "float32", ["n"]);
      const y = b.op("activation", { x }, { function: "relu" });
      b.output("x", y);
      b.output("again", y);
      b.output("input", x);
    });
    expect(text).toMatchInlineSnapshot(`
      "model test
        input x : float32[n]
        x' = Relu(x)    # Relu
        again = Identity(x')
        input = Identity(x)
        output x' : float32[n]
        output again : float32[n]
        output input : float32[n]
      "
    `);
  });
});
