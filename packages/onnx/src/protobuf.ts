// The writing half of protobuf, as much of it as ONNX needs: varints, floats, strings, bytes and nested messages.
// It knows wire types and field numbers, not ONNX. Bytes fields are kept by reference until the end, so the bytes of a
// weight are copied once.

const encoder = new TextEncoder();

/** Writes the fields of one message in the order of the calls. Field numbers and values are the caller's business. */
export class ProtoWriter {
  /** The message without the values of bytes fields, and room behind it. */
  private buffer = new Uint8Array(1024);
  private used = 0;
  /** Those values, each with the place in the buffer that it goes before. */
  private readonly apart: { at: number; readonly value: Uint8Array }[] = [];
  private apartLength = 0;

  /** An int32, int64, enum or bool field; negative numbers take ten bytes, as protobuf wants. */
  int(field: number, value: number): this {
    return this.varint(field * 8).varint(value);
  }

  /** A repeated int64 field in packed form; an empty list writes nothing. */
  ints(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    return this.message(field, () => {
      for (const value of values) this.varint(value);
    });
  }

  /** A float field. */
  float(field: number, value: number): this {
    return this.varint(field * 8 + 5).write(new Uint8Array(Float32Array.of(value).buffer));
  }

  /** A string field, as UTF-8. */
  string(field: number, value: string): this {
    const bytes = encoder.encode(value);
    return this.head(field, bytes.length).write(bytes);
  }

  /** A bytes field; `value` must not change before {@link finish}. */
  bytes(field: number, value: Uint8Array): this {
    this.head(field, value.length);
    this.apart.push({ at: this.used, value });
    this.apartLength += value.length;
    return this;
  }

  /** A nested message: `fill` writes its fields to this writer. */
  message(field: number, fill: () => void): this {
    const [start, outside, first] = [this.used, this.apartLength, this.apart.length];
    fill();
    const content = this.buffer.slice(start, this.used);
    this.used = start;
    this.head(field, content.length + this.apartLength - outside);
    for (const part of this.apart.slice(first)) part.at += this.used - start;
    return this.write(content);
  }

  /** The whole message as one block. */
  finish(): Uint8Array {
    const result = new Uint8Array(this.used + this.apartLength);
    let [from, to] = [0, 0];
    for (const { at, value } of this.apart) {
      result.set(this.buffer.subarray(from, at), to);
      result.set(value, to + at - from);
      to += at - from + value.length;
      from = at;
    }
    result.set(this.buffer.subarray(from, this.used), to);
    return result;
  }

  /** What a field of `length` bytes begins with. */
  private head(field: number, length: number): this {
    return this.varint(field * 8 + 2).varint(length);
  }

  private varint(value: number): this {
    let rest = value;
    // A negative number is ten digits of its two's complement: nine of seven bits, and one bit.
    for (let i = 1; value < 0 ? i < 10 : rest > 127; i++) {
      this.write([((rest % 128) & 127) | 128]);
      rest = Math.floor(rest / 128);
    }
    return this.write([value < 0 ? 1 : rest]);
  }

  private write(bytes: ArrayLike<number>): this {
    const end = this.used + bytes.length;
    if (end > this.buffer.length) {
      const wider = new Uint8Array(2 * end);
      wider.set(this.buffer);
      this.buffer = wider;
    }
    this.buffer.set(bytes, this.used);
    this.used = end;
    return this;
  }
}
