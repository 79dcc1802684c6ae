// The writing half of protobuf, as much of it as ONNX needs: varints, floats, strings, bytes and nested messages.
// It knows wire types and field numbers, not ONNX. Large byte fields are kept by reference until the end, so the
// bytes of a weight are copied once.

const encoder = new TextEncoder();

/** Writes the fields of one message in the order of the calls. Field numbers and values are the caller's business. */
export class ProtoWriter {
  private readonly chunks: Uint8Array[] = [];
  /** Length of the message so far, in bytes. */
  length = 0;

  /** An int32, int64, enum or bool field; negative numbers take ten bytes, as protobuf wants. */
  int(field: number, value: number): this {
    this.tag(field, 0);
    this.varint(value);
    return this;
  }

  /** A repeated int64 field in packed form; an empty list writes nothing. */
  ints(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const packed = new ProtoWriter();
    for (const value of values) packed.varint(value);
    return this.message(field, packed);
  }

  /** A float field. */
  float(field: number, value: number): this {
    this.tag(field, 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.push(bytes);
    return this;
  }

  /** A string field, as UTF-8. */
  string(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  /** A bytes field; `value` must not change before {@link finish}. */
  bytes(field: number, value: Uint8Array): this {
    this.tag(field, 2);
    this.varint(value.length);
    this.push(value);
    return this;
  }

  /** A nested message. */
  message(field: number, value: ProtoWriter): this {
    this.tag(field, 2);
    this.varint(value.length);
    for (const chunk of value.chunks) this.push(chunk);
    return this;
  }

  /** The whole message as one block. */
  finish(): Uint8Array {
    const result = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      result.set(chunk, at);
      at += chunk.length;
    }
    return result;
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  private varint(value: number): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.push(Uint8Array.from(bytes));
  }

  private push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
  }
}
