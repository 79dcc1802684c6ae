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
    const inner = new ProtoWriter().int(1, 150);
    expect(hex(new ProtoWriter().message(3, inner).int(4, 1))).toBe("1a030896012001");
  });
});
