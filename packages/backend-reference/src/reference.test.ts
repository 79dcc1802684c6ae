// What the conformance suite cannot ask of every backend: this one's own promises.
import { buildGraph, float32, type HostTensor, int32, type WeightSource } from "@glimpsejs/graph";
import { describe, expect, test } from "vitest";
import { reference } from "./reference.ts";

const none: WeightSource = { names: [], get: () => undefined };

function source(tensors: Readonly<Record<string, HostTensor>>, reads: string[] = []): WeightSource {
  return {
    names: Object.keys(tensors),
    get(name) {
      const tensor = tensors[name];
      if (tensor === undefined) return undefined;
      const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
      return {
        ...tensor,
        byteLength: bytes.length,
        async bytes() {
          reads.push(name);
          return bytes;
        },
      };
    },
  };
}

test("it is available everywhere, and making it does nothing", async () => {
  expect(reference().name).toBe("reference");
  expect(await reference().unavailable()).toBeUndefined();
  expect(reference().estimateMemory?.(1000)).toBe(1500);
});

describe("numbers that point outside are refused, naming the node", () => {
  async function run(graph: ReturnType<typeof buildGraph>, feeds: Readonly<Record<string, HostTensor>>) {
    const backend = await reference().open();
    const program = await backend.compile({ graph }, source({ table: float32([1, 2, 3], [3, 1]) }));
    return program.run("graph", feeds);
  }

  test.each([-1, 3])("embedding, id %d", async (id) => {
    const graph = buildGraph("g", (b) => {
      const ids = b.input("ids", "int32", ["n"]);
      b.output("y", b.at("words").op("embedding", { table: b.weight("table", [3, 1]), ids }, {}));
    });
    await expect(run(graph, { ids: int32([0, id], [2]) })).rejects.toMatchObject({
      code: "invalid-argument",
      message: `embedding "words": id 1 is out of range, expected 0 to 2, got ${id}.`,
    });
  });

  test("gatherRows", async () => {
    const graph = buildGraph("g", (b) => {
      const x = b.input("x", "float32", ["b", "s", 1]);
      b.output("y", b.at("head").op("gatherRows", { x, rows: b.input("rows", "int32", ["r"]) }, {}));
    });
    const feeds = { x: float32([1, 2, 3, 4], [2, 2, 1]), rows: int32([3, 4], [2]) };
    await expect(run(graph, feeds)).rejects.toThrow(
      'gatherRows "head": row 1 is out of range, expected 0 to 3, got 4.',
    );
  });

  test.each([-2, 3])("maskTokens, token %d", async (token) => {
    const graph = buildGraph("g", (b) => {
      const tokens = b.input("tokens", "int32", ["r", "n"]);
      b.output("y", b.at("head").op("maskTokens", { x: b.input("x", "float32", ["r", 3]), tokens }, {}));
    });
    await expect(run(graph, { x: float32([1, 2, 3], [1, 3]), tokens: int32([0, token], [1, 2]) })).rejects.toThrow(
      `maskTokens "head": token 1 is out of range, expected -1 to 2, got ${token}.`,
    );
  });

  test("attention with positions further apart than the table reaches", async () => {
    const graph = buildGraph("g", (b) => {
      const query = b.input("query", "float32", [1, 1, 1]);
      const key = b.input("key", "float32", [1, 1, 1, 1]);
      const queryPositions = b.input("queryPositions", "int32", [1, 1]);
      const keyPositions = b.input("keyPositions", "int32", [1, 1]);
      const inputs = {
        query,
        keys: [key],
        values: [key],
        distances: b.weight("table", [3, 1]),
        queryPositions,
        keyPositions,
      };
      b.output("y", b.at("self").op("attention", inputs, { heads: 1, relative: "key" }));
    });
    const feeds = {
      query: float32([1], [1, 1, 1]),
      key: float32([1], [1, 1, 1, 1]),
      queryPositions: int32([0], [1, 1]),
      keyPositions: int32([2], [1, 1]),
    };
    await expect(run(graph, feeds)).rejects.toThrow(
      'attention "self": two positions are further apart than the distance table reaches, expected at most 1, got 2.',
    );
  });
});

test("only the nodes that the asked outputs need are computed", async () => {
  const graph = buildGraph("g", (b) => {
    const ids = b.input("ids", "int32", ["n"]);
    b.output("picked", b.op("embedding", { table: b.weight("table", [3, 1]), ids }, {}));
    b.output("ids", ids);
  });
  const backend = await reference().open();
  const program = await backend.compile({ graph }, source({ table: float32([1, 2, 3], [3, 1]) }));
  const feeds = { ids: int32([99], [1]) };
  await expect(program.run("graph", feeds)).rejects.toThrow("out of range");
  expect(Object.keys(await program.run("graph", feeds, ["ids"]))).toEqual(["ids"]);
});

test("each weight is read once, however many graphs have it", async () => {
  const graph = buildGraph("g", (b) => b.output("w", b.weight("w", [2])));
  const reads: string[] = [];
  const backend = await reference().open();
  await backend.compile({ one: graph, two: graph }, source({ w: float32([1, 2], [2]) }, reads));
  expect(reads).toEqual(["w"]);
});

test("a weight of a dtype that is no float is an error with its name", async () => {
  const graph = buildGraph("g", (b) => b.output("w", b.weight("w", [2])));
  const backend = await reference().open();
  await expect(backend.compile({ graph }, source({ w: int32([1, 2], [2]) }))).rejects.toMatchObject({
    code: "invalid-weights",
    message: expect.stringContaining('weight "w": its dtype cannot be computed with'),
  });
});

test("feeds are taken when run is called", async () => {
  const graph = buildGraph("g", (b) => {
    const x = b.input("x", "float32", [1]);
    b.output("y", b.op("add", { a: x, b: x }, {}));
  });
  const backend = await reference().open();
  const program = await backend.compile({ graph }, none);
  const data = Float32Array.of(1);
  const uploaded = backend.upload(float32([2], [1]));
  const runs = [program.run("graph", { x: float32(data, [1]) }), program.run("graph", { x: uploaded })];
  data[0] = 9;
  uploaded.dispose();
  const results = (await Promise.all(runs)).map((outputs) => outputs["y"]?.read());
  expect((await Promise.all(results)).map((y) => y?.data)).toEqual([Float32Array.of(2), Float32Array.of(4)]);
});

test("a feed whose data does not fill its shape is named", async () => {
  const graph = buildGraph("g", (b) => b.output("y", b.input("x", "float32", [2])));
  const backend = await reference().open();
  const program = await backend.compile({ graph }, none);
  const x: HostTensor = { dtype: "float32", shape: [2], data: Float32Array.of(1) };
  await expect(program.run("graph", { x })).rejects.toThrow(
    'feed "x": the data does not fill the shape, expected 2 elements for [2], got 1.',
  );
  expect(() => backend.upload(x)).toThrow("upload: the data does not fill the shape");
});

test("long runs give timers a turn", async () => {
  const size = 64;
  const graph = buildGraph("g", (b) => {
    let x = b.input("x", "float32", [size, size]);
    for (let i = 0; i < 400; i++) x = b.op("linear", { x, weight: b.weight("w", [size, size]) }, {});
    b.output("y", x);
  });
  const backend = await reference().open();
  const w = float32(new Float32Array(size * size), [size, size]);
  const program = await backend.compile({ graph }, source({ w }));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await program.run("graph", { x: w });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
});
