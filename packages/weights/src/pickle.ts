// A closed unpickler: the opcodes of pickle protocol 2 that a PyTorch state dict needs, and nothing else. It calls no
// function and makes no object of a class: a symbol that the caller does not know ends it, and what the caller knows
// is only data here. Does not know PyTorch.
// Format: https://github.com/python/cpython/blob/3.13/Lib/pickletools.py
import { GlimpseError, type Problem, show } from "@glimpsejs/base";

/** What a pickle can hold here. `T` is what the caller's functions make. */
export type PickleValue<T> =
  | null
  | boolean
  | number
  | string
  | PickleItems<T, "list">
  | PickleItems<T, "tuple">
  | PickleDict<T>
  | PickleGlobal
  | PickleObject<T>;

/** A list or tuple. */
export interface PickleItems<T, Kind extends "list" | "tuple"> {
  readonly kind: Kind;
  readonly items: PickleValue<T>[];
}

/** A dict or OrderedDict. */
export interface PickleDict<T> {
  readonly kind: "dict";
  readonly entries: Map<PickleValue<T>, PickleValue<T>>;
}

/** The mention of a Python symbol. */
export interface PickleGlobal {
  readonly kind: "global";
  /** Module and name, such as "torch._utils._rebuild_tensor_v2". */
  readonly name: string;
}

/** What a call or a persistent id stands for. */
export interface PickleObject<T> {
  readonly kind: "object";
  readonly value: T;
}

/** What the caller knows. The functions throw with `fail` on arguments that they do not accept. */
export interface PickleVocabulary<T> {
  /** Symbols that may be mentioned. */
  readonly symbols: ReadonlySet<string>;
  /** What a call of a symbol gives. */
  call(symbol: string, args: readonly PickleValue<T>[], fail: PickleFailure): PickleValue<T>;
  /** What a persistent id stands for. */
  load(id: PickleValue<T>, fail: PickleFailure): PickleValue<T>;
}

/** Throws "invalid-weights", naming the pickle and the place in it. */
export type PickleFailure = (problem: Omit<Problem, "subject">) => never;

/**
 * Reads one pickle. `subject` names it in errors. Work and memory are linear in its length, and bounded.
 * Throws "invalid-weights" on any opcode or symbol that is not known, naming it, and on broken pickles.
 */
export function readPickle<T>(bytes: Uint8Array, subject: string, vocabulary: PickleVocabulary<T>): PickleValue<T> {
  return new Unpickler(bytes, subject, vocabulary).run();
}

/** A few words on a value for errors: short, and safe on values that contain themselves. */
export function describe(value: PickleValue<unknown> | undefined): string {
  if (typeof value !== "object" || value === null) return show(value);
  switch (value.kind) {
    case "list":
    case "tuple":
      return `a ${value.kind} of ${value.items.length}`;
    case "dict":
      return `a dict of ${value.entries.size}`;
    case "global":
      return value.name;
    case "object":
      return "an object";
  }
}

/** A tensor takes some 35 opcodes, so this is enough for 28,000 tensors; each may leave an object in memory. */
const maxOpcodes = 1_000_000;

class Unpickler<T> {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly subject: string;
  private readonly vocabulary: PickleVocabulary<T>;
  private stack: PickleValue<T>[] = [];
  /** Stacks below the marks that are open. */
  private readonly below: PickleValue<T>[][] = [];
  private readonly memo = new Map<number, PickleValue<T>>();
  private at = 0;

  constructor(bytes: Uint8Array, subject: string, vocabulary: PickleVocabulary<T>) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.subject = subject;
    this.vocabulary = vocabulary;
  }

  run(): PickleValue<T> {
    if (this.u8() !== 0x80 || this.u8() !== 2) {
      this.fail({ problem: "it is not a pickle of protocol 2", advice: "Save it with torch.save's own defaults." });
    }
    for (let steps = 0; ; steps++) {
      const opcode = this.u8();
      if (opcode === 0x2e /* STOP */) break;
      if (steps === maxOpcodes) this.fail({ problem: "it is too long", expected: `at most ${maxOpcodes} opcodes` });
      const value = this.value(opcode);
      if (value === undefined) this.act(opcode);
      else this.stack.push(value);
    }
    const result = this.pop();
    if (this.stack.length > 0 || this.below.length > 0 || this.at < this.bytes.length) {
      this.fail({ problem: "there is more in it than one value" });
    }
    return result;
  }

  /** The value that an opcode pushes, or undefined for the opcodes that do something else. */
  private value(opcode: number): PickleValue<T> | undefined {
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4a: // BININT
        return this.view.getInt32(this.skip(4), true);
      case 0x4b: // BININT1
        return this.u8();
      case 0x4d: // BININT2
        return this.view.getUint16(this.skip(2), true);
      case 0x8a: // LONG1
        return this.long(this.u8());
      case 0x47: // BINFLOAT
        return this.view.getFloat64(this.skip(8), false);
      case 0x58: // BINUNICODE
        return this.text(this.u32());
      case 0x29: // EMPTY_TUPLE
        return { kind: "tuple", items: [] };
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return { kind: "tuple", items: this.popMany(opcode - 0x84) };
      case 0x74: // TUPLE
        return { kind: "tuple", items: this.popMark() };
      case 0x5d: // EMPTY_LIST
        return { kind: "list", items: [] };
      case 0x7d: // EMPTY_DICT
        return { kind: "dict", entries: new Map() };
      case 0x68: // BINGET
        return this.recall(this.u8());
      case 0x6a: // LONG_BINGET
        return this.recall(this.u32());
      case 0x63: // GLOBAL
        return this.global();
      case 0x52: // REDUCE
        return this.call();
      case 0x51: // BINPERSID
        return this.vocabulary.load(this.pop(), this.fail);
      default:
        return undefined;
    }
  }

  private act(opcode: number): void {
    switch (opcode) {
      case 0x28: // MARK
        this.below.push(this.stack);
        this.stack = [];
        break;
      case 0x61: // APPEND
        this.append([this.pop()]);
        break;
      case 0x65: // APPENDS
        this.append(this.popMark());
        break;
      case 0x73: // SETITEM
        this.setItems(this.popMany(2));
        break;
      case 0x75: // SETITEMS
        this.setItems(this.popMark());
        break;
      case 0x71: // BINPUT
        this.memo.set(this.u8(), this.top());
        break;
      case 0x72: // LONG_BINPUT
        this.memo.set(this.u32(), this.top());
        break;
      case 0x62: // BUILD
        this.build();
        break;
      default:
        this.fail({ problem: `its opcode 0x${opcode.toString(16).padStart(2, "0")} is not one of a state dict` });
    }
  }

  private call(): PickleValue<T> {
    const [callee, args] = this.popMany(2);
    if (!isKind(callee, "global") || !isKind(args, "tuple")) {
      return this.fail({ problem: "it calls what is not a symbol", got: `${describe(callee)}, ${describe(args)}` });
    }
    return this.vocabulary.call(callee.name, args.items, this.fail);
  }

  /** Attributes of a dict, such as a state dict's _metadata, are dropped; nothing else has any. */
  private build(): void {
    this.pop();
    const target = this.top();
    if (isKind(target, "dict")) return;
    this.fail({ problem: "it sets attributes of what is not a dict", got: describe(target) });
  }

  private append(items: readonly PickleValue<T>[]): void {
    const list = this.top();
    if (!isKind(list, "list")) this.fail({ problem: "it appends to what is not a list", got: describe(list) });
    for (const item of items) list.items.push(item);
  }

  private setItems(items: readonly PickleValue<T>[]): void {
    const dict = this.top();
    if (!isKind(dict, "dict")) this.fail({ problem: "it sets items of no dict", got: describe(dict) });
    for (let i = 0; i < items.length; i += 2) {
      const [key, value] = [items[i], items[i + 1]];
      if (key === undefined || value === undefined) this.fail({ problem: "a dict has a key without a value" });
      if (dict.entries.has(key)) this.fail({ problem: "a key stands twice in one dict", got: describe(key) });
      dict.entries.set(key, value);
    }
  }

  private global(): PickleGlobal {
    const name = `${this.line()}.${this.line()}`;
    if (!this.vocabulary.symbols.has(name)) {
      this.fail({
        problem: `it asks for the Python symbol ${name}`,
        expected: "only what a state dict of tensors needs",
        advice: "Nothing was run. If you trust the file, load it in PyTorch and save its state dict as safetensors.",
      });
    }
    return { kind: "global", name };
  }

  private recall(index: number): PickleValue<T> {
    const value = this.memo.get(index);
    return value === undefined ? this.fail({ problem: `its memo has no ${index}` }) : value;
  }

  private top(): PickleValue<T> {
    const value = this.stack.at(-1);
    return value === undefined ? this.fail({ problem: "its stack is empty" }) : value;
  }

  private pop(): PickleValue<T> {
    const value = this.stack.pop();
    return value === undefined ? this.fail({ problem: "its stack is empty" }) : value;
  }

  private popMany(count: number): PickleValue<T>[] {
    if (this.stack.length < count) this.fail({ problem: "its stack is empty" });
    return this.stack.splice(-count);
  }

  private popMark(): PickleValue<T>[] {
    const items = this.stack;
    this.stack = this.below.pop() ?? this.fail({ problem: "a mark is missing" });
    return items;
  }

  private u8(): number {
    return this.view.getUint8(this.skip(1));
  }

  private u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  private long(length: number): number {
    let value = 0n;
    const start = this.skip(length);
    for (let i = 0; i < length; i++) value |= BigInt(this.bytes[start + i] ?? 0) << BigInt(8 * i);
    const number = Number(BigInt.asIntN(8 * length, value));
    return Number.isSafeInteger(number) ? number : this.fail({ problem: "an integer is beyond 2^53" });
  }

  private text(length: number): string {
    const start = this.skip(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes.subarray(start, this.at));
    } catch {
      return this.fail({ problem: "a string is not UTF-8" });
    }
  }

  /** A line of a symbol's name, without its newline. */
  private line(): string {
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

  private readonly fail: PickleFailure = (problem) => {
    const place = { ...problem, subject: this.subject, problem: `${problem.problem} (before byte ${this.at})` };
    throw new GlimpseError(place, { code: "invalid-weights" });
  };
}

/** Narrows a pickle value by kind. */
export function isKind<T, K extends "list" | "tuple" | "dict" | "global" | "object">(
  value: PickleValue<T> | undefined,
  kind: K,
): value is Extract<PickleValue<T>, { readonly kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}
