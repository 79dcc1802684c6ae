import { GlimpseError } from "@glimpsejs/base";
import { describe, expect, test } from "vitest";
import { readPickle } from "./pickle.ts";
import { describe as describeValue, type PickleVocabulary } from "./pickle-values.ts";

/** Knows one symbol, and gives calls and persistent ids back as text. */
const vocabulary: PickleVocabulary<string> = {
  symbols: new Set(["m.f"]),
  call: (symbol, args) => ({ kind: "object", value: `${symbol}(${args.map(describeValue).join(", ")})` }),
  load: (id) => ({ kind: "object", value: `persistent ${describeValue(id)}` }),
};

/** A pickle of protocol 2: text and byte values one after the other. */
function pickle(...parts: (string | number)[]): Uint8Array {
  const bytes = parts.flatMap((part) => (typeof part === "number" ? [part] : [...new TextEncoder().encode(part)]));
  return Uint8Array.from([0x80, 2, ...bytes]);
}

const read = (...parts: (string | number)[]) => readPickle(pickle(...parts), "test.pkl", vocabulary);

function refused(...parts: (string | number)[]): string {
  try {
    read(...parts);
  } catch (error) {
    if (!GlimpseError.isInstance(error, "invalid-weights")) throw error;
    return error.message;
  }
  return expect.fail("it was accepted");
}

describe("readPickle", () => {
  test("reads the values of protocol 2", () => {
    expect(read("N.")).toBe(null);
    expect(read(0x88, ".")).toBe(true);
    expect(read(0x89, ".")).toBe(false);
    expect(read("J", 0xfe, 0xff, 0xff, 0xff, ".")).toBe(-2);
    expect(read("M", 1, 2, ".")).toBe(513);
    expect(read(0x8a, 0, ".")).toBe(0);
    expect(read(0x8a, 2, 0, 0xff, ".")).toBe(-256);
    expect(read(0x8a, 7, 0, 0, 0, 0, 0, 0, 0x10, ".")).toBe(2 ** 52);
    expect(read("G", 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, ".")).toBe(1.5);
    expect(read("X", 2, 0, 0, 0, "é.")).toBe("é");
    expect(read("(K", 1, "K", 2, "t.")).toEqual({ kind: "tuple", items: [1, 2] });
    expect(read("]K", 1, "a(K", 2, "K", 3, "e.")).toEqual({ kind: "list", items: [1, 2, 3] });
    expect(read("}K", 1, "Ns(K", 2, "NK", 3, "Nu.")).toEqual({
      kind: "dict",
      entries: new Map([1, 2, 3].map((key) => [key, null])),
    });
    expect(read("cm\nf\nK", 7, 0x85, "R.")).toEqual({ kind: "object", value: "m.f(7)" });
    expect(read("K", 7, "Q.")).toEqual({ kind: "object", value: "persistent 7" });
    expect(read("Nq", 0, "r", 1, 0, 0, 0, "j", 1, 0, 0, 0, "h", 0, 0x87, ".")).toEqual({
      kind: "tuple",
      items: [null, null, null],
    });
    expect(read("}}b.")).toEqual({ kind: "dict", entries: new Map() });
  });

  test("refuses symbols and opcodes that it does not know, by name", () => {
    expect(refused("cos\nsystem\nX", 2, 0, 0, 0, "id", 0x85, "R.")).toContain(
      "test.pkl: it asks for the Python symbol os.system (before byte 13), expected only what a state dict",
    );
    for (const opcode of ["i", "o", "V", "S", "P", "I", "F", "L", "d", "l", "2", "0", 0x81, 0x82, 0x93, 0x94, 0x95]) {
      const code = typeof opcode === "string" ? opcode.charCodeAt(0) : opcode;
      expect(refused(opcode)).toContain(`its opcode 0x${code.toString(16)} is not one of a state dict`);
    }
    for (const protocol of [0, 1, 3, 4, 5]) {
      const bytes = Uint8Array.of(0x80, protocol, 0x4e, 0x2e);
      expect(() => readPickle(bytes, "test.pkl", vocabulary)).toThrow("test.pkl: it is not a pickle of protocol 2");
    }
  });

  test("refuses broken pickles", () => {
    expect(refused()).toContain("it ends too early");
    expect(refused("X", 0xff, 0xff, 0xff, 0xff, "x.")).toContain("it ends too early");
    expect(refused("X", 1, 0, 0, 0, 0xff, ".")).toContain("a string is not UTF-8");
    expect(refused(".")).toContain("its stack is empty");
    expect(refused(0x86)).toContain("its stack is empty");
    expect(refused("q", 0)).toContain("its stack is empty");
    expect(refused("h", 3)).toContain("its memo has no 3");
    expect(refused("t")).toContain("a mark is missing");
    expect(refused("NN.")).toContain("there is more in it than one value");
    expect(refused("(N.")).toContain("there is more in it than one value");
    expect(refused("N.N")).toContain("there is more in it than one value");
    expect(refused("}(K", 1, "u.")).toContain("a key without a value");
    expect(refused("}(K", 1, "NK", 1, "Nu.")).toContain("a key stands twice in one dict (before byte 11), got 1");
    expect(refused("NN", "a")).toContain("it appends to what is not a list (before byte 5), got null");
    expect(refused("NNNs")).toContain("it sets items of no dict");
    expect(refused("NNb")).toContain("it sets attributes of what is not a dict");
    expect(refused("N)R")).toContain("it calls what is not a symbol");
    expect(refused("cm\nf\n]R")).toContain("it calls what is not a symbol (before byte 9), got m.f, a list of 0");
    expect(refused("cm")).toContain("a symbol's name does not end");
    expect(refused("c", "m".repeat(300), "\n")).toContain("a symbol's name does not end");
    expect(refused(0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x7f)).toContain("an integer is beyond 2^53");
  });

  test("is bounded: opcodes, marks, values that contain themselves", () => {
    for (const part of ["}", "(", "]"]) expect(refused(part.repeat(1_000_001))).toContain("at most 1000000 opcodes");
    const list = read("]q", 0, "h", 0, "a.");
    expect(describeValue(list)).toBe("a list of 1");
    // Each tuple holds the one before it twice: 2^60 leaves, if anybody counted them.
    const doubling = ["N", ...Array.from({ length: 60 }, () => ["q", 0, "h", 0, 0x86]).flat(), "."];
    expect(describeValue(read(...doubling))).toBe("a tuple of 2");
  });
});
