// The bytes of a pickle, read one after the other. Every failure names the pickle and the place in it. Knows no opcodes.
import { GlimpseError } from "@glimpsejs/base";
import type { PickleFailure } from "./pickle-values.ts";

/** Reads numbers and texts from the bytes of a pickle. Throws "invalid-weights" where they end or are no such thing. */
export class PickleBytes {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly subject: string;
  private at = 0;

  constructor(bytes: Uint8Array, subject: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.subject = subject;
  }

  /** Whether all bytes have been read. */
  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  u8(): number {
    return this.view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  i32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  /** A big-endian float64, as pickles have them. */
  f64(): number {
    return this.view.getFloat64(this.skip(8), false);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  /** A little-endian integer of `length` bytes. */
  long(length: number): number {
    let value = 0n;
    const start = this.skip(length);
    for (let i = 0; i < length; i++) value |= BigInt(this.bytes[start + i] ?? 0) << BigInt(8 * i);
    const number = Number(BigInt.asIntN(8 * length, value));
    return Number.isSafeInteger(number) ? number : this.fail({ problem: "an integer is beyond 2^53" });
  }

  /** UTF-8 of `length` bytes. */
  text(length: number): string {
    const start = this.skip(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes.subarray(start, this.at));
    } catch {
      return this.fail({ problem: "a string is not UTF-8" });
    }
  }

  /** A line of a symbol's name, without its newline. */
  line(): string {
    const end = this.bytes.subarray(this.at, this.at + 200).indexOf(0x0a);
    if (end === -1) this.fail({ problem: "a symbol's name does not end" });
    const line = this.text(end);
    this.at++;
    return line;
  }

  /** Passes over `length` bytes; gives where they start. */
  private skip(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length) this.fail({ problem: "it ends too early" });
    this.at = start + length;
    return start;
  }

  /** Throws, naming the place. */
  readonly fail: PickleFailure = (problem) => {
    const place = { ...problem, subject: this.subject, problem: `${problem.problem} (before byte ${this.at})` };
    throw new GlimpseError(place, { code: "invalid-weights" });
  };
}
