// The wire format, against the examples of https://protobuf.dev/programming-guides/encoding.
import { describe, expect, it } from "vitest";
import { ProtoWriter } from "./protobuf.ts";

const hex = (writer: ProtoWriter) => Buffer.from(writer.finish()).toString("hex");

describe("ProtoWriter", () => {
  it("writes varints, the negative ones in ten bytes", () => {
    expect(hex(new ProtoWriter().int(1, 150))).toBe("089601");
    expect(hex(new ProtoWriter().int(1, 0))).toBe("0800");
    expect(hex(new ProtoWriter().int(1, -2))).toBe("08feffffffffffffffff01");
    expect(hex(new ProtoWriter().int(1, 2 ** 40))).toBe("08808080808020");
  });

  it("writes field numbers above 15 in two bytes", () => {
    expect(hex(new ProtoWriter().int(20, 1))).toBe("a00101");
  });

  it("writes strings, floats and packed lists", () => {
    expect(hex(new ProtoWriter().string(2, "testing"))).toBe("120774657374696e67");
    expect(hex(new ProtoWriter().string(2, "é"))).toBe("1202c3a9");
    expect(hex(new ProtoWriter().float(2, 1))).toBe("150000803f");
    expect(hex(new ProtoWriter().ints(6, [3, 270, 86942]))).toBe("3206038e029ea705");
    expect(hex(new ProtoWriter().ints(6, []))).toBe("");
  });

  it("nests messages and keeps what follows in place", () => {
    const writer = new ProtoWriter();
    writer.message(3, () => writer.int(1, 150)).int(4, 1);
    expect(hex(writer)).toBe("1a030896012001");
  });

  it("nests messages of any length, with bytes among the rest", () => {
    const [small, large] = [new Uint8Array(100).fill(1), new Uint8Array(5000).fill(2)];
    const writer = new ProtoWriter();
    const deep = () => writer.bytes(6, large).int(7, 7);
    writer.int(1, 1).message(2, () => writer.bytes(3, small).bytes(4, large).message(5, deep).bytes(8, small));
    // A field of 5,000 bytes has a head of 3, one of 100 a head of 2.
    const inner = `328827${"02".repeat(5000)}3807`;
    const middle = `1a64${"01".repeat(100)}228827${"02".repeat(5000)}2a8d27${inner}4264${"01".repeat(100)}`;
    expect(middle.length / 2).toBe(0x4f * 128 + 0x67);
    expect(hex(writer)).toBe(`080112e74f${middle}`);
  });
});
