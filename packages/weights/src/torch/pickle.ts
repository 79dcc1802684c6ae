// A closed unpickler: the opcodes of pickle protocol 2 that a PyTorch state dict needs, and nothing else. It calls no
// function and makes no object of a class: a symbol that the caller does not know ends it, and what the caller knows
// is only data here. Does not know PyTorch.
// Format: https://github.com/python/cpython/blob/3.13/Lib/pickletools.py
import { PickleBytes } from "./pickle-bytes.ts";
import { describe, isKind, type PickleGlobal, type PickleValue, type PickleVocabulary } from "./pickle-values.ts";

/**
 * Reads one pickle. `subject` names it in errors. Work and memory are linear in its length, and bounded.
 * Throws "invalid-weights" on any opcode or symbol that is not known, naming it, and on broken pickles.
 */
export function readPickle<T>(bytes: Uint8Array, subject: string, vocabulary: PickleVocabulary<T>): PickleValue<T> {
  return new Unpickler(bytes, subject, vocabulary).run();
}

/** A tensor takes some 35 opcodes, so this is enough for 28,000 tensors; each may leave an object in memory. */
const maxOpcodes = 1_000_000;

class Unpickler<T> {
  private readonly bytes: PickleBytes;
  private readonly vocabulary: PickleVocabulary<T>;
  private stack: PickleValue<T>[] = [];
  /** Stacks below the marks that are open. */
  private readonly below: PickleValue<T>[][] = [];
  private readonly memo = new Map<number, PickleValue<T>>();

  constructor(bytes: Uint8Array, subject: string, vocabulary: PickleVocabulary<T>) {
    this.bytes = new PickleBytes(bytes, subject);
    this.vocabulary = vocabulary;
  }

  run(): PickleValue<T> {
    if (this.bytes.u8() !== 0x80 || this.bytes.u8() !== 2) {
      this.bytes.fail({
        problem: "it is not a pickle of protocol 2",
        advice: "Save it with torch.save's own defaults.",
      });
    }
    for (let steps = 0; ; steps++) {
      const opcode = this.bytes.u8();
      if (opcode === 0x2e /* STOP */) break;
      if (steps === maxOpcodes)
        this.bytes.fail({ problem: "it is too long", expected: `at most ${maxOpcodes} opcodes` });
      const value = this.value(opcode);
      if (value === undefined) this.act(opcode);
      else this.stack.push(value);
    }
    const result = this.pop();
    if (this.stack.length > 0 || this.below.length > 0 || !this.bytes.isAtEnd) {
      this.bytes.fail({ problem: "there is more in it than one value" });
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
        return this.bytes.i32();
      case 0x4b: // BININT1
        return this.bytes.u8();
      case 0x4d: // BININT2
        return this.bytes.u16();
      case 0x8a: // LONG1
        return this.bytes.long(this.bytes.u8());
      case 0x47: // BINFLOAT
        return this.bytes.f64();
      case 0x58: // BINUNICODE
        return this.bytes.text(this.bytes.u32());
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
        return this.recall(this.bytes.u8());
      case 0x6a: // LONG_BINGET
        return this.recall(this.bytes.u32());
      case 0x63: // GLOBAL
        return this.global();
      case 0x52: // REDUCE
        return this.call();
      case 0x51: // BINPERSID
        return this.vocabulary.load(this.pop(), this.bytes.fail);
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
        this.memo.set(this.bytes.u8(), this.top());
        break;
      case 0x72: // LONG_BINPUT
        this.memo.set(this.bytes.u32(), this.top());
        break;
      case 0x62: // BUILD
        this.build();
        break;
      default:
        this.bytes.fail({ problem: `its opcode 0x${opcode.toString(16).padStart(2, "0")} is not one of a state dict` });
    }
  }

  private call(): PickleValue<T> {
    const [callee, args] = this.popMany(2);
    if (!isKind(callee, "global") || !isKind(args, "tuple")) {
      return this.bytes.fail({
        problem: "it calls what is not a symbol",
        got: `${describe(callee)}, ${describe(args)}`,
      });
    }
    return this.vocabulary.call(callee.name, args.items, this.bytes.fail);
  }

  /** Attributes of a dict, such as a state dict's _metadata, are dropped; nothing else has any. */
  private build(): void {
    this.pop();
    const target = this.top();
    if (isKind(target, "dict")) return;
    this.bytes.fail({ problem: "it sets attributes of what is not a dict", got: describe(target) });
  }

  private append(items: readonly PickleValue<T>[]): void {
    const list = this.top();
    if (!isKind(list, "list")) this.bytes.fail({ problem: "it appends to what is not a list", got: describe(list) });
    for (const item of items) list.items.push(item);
  }

  private setItems(items: readonly PickleValue<T>[]): void {
    const dict = this.top();
    if (!isKind(dict, "dict")) this.bytes.fail({ problem: "it sets items of no dict", got: describe(dict) });
    for (let i = 0; i < items.length; i += 2) {
      const [key, value] = [items[i], items[i + 1]];
      if (key === undefined || value === undefined) this.bytes.fail({ problem: "a dict has a key without a value" });
      if (dict.entries.has(key)) this.bytes.fail({ problem: "a key stands twice in one dict", got: describe(key) });
      dict.entries.set(key, value);
    }
  }

  private global(): PickleGlobal {
    const name = `${this.bytes.line()}.${this.bytes.line()}`;
    if (!this.vocabulary.symbols.has(name)) {
      this.bytes.fail({
        problem: `it asks for the Python symbol ${name}`,
        expected: "only what a state dict of tensors needs",
        advice: "Nothing was run. If you trust the file, load it in PyTorch and save its state dict as safetensors.",
      });
    }
    return { kind: "global", name };
  }

  private recall(index: number): PickleValue<T> {
    const value = this.memo.get(index);
    return value === undefined ? this.bytes.fail({ problem: `its memo has no ${index}` }) : value;
  }

  private top(): PickleValue<T> {
    const value = this.stack.at(-1);
    return value === undefined ? this.bytes.fail({ problem: "its stack is empty" }) : value;
  }

  private pop(): PickleValue<T> {
    const value = this.stack.pop();
    return value === undefined ? this.bytes.fail({ problem: "its stack is empty" }) : value;
  }

  private popMany(count: number): PickleValue<T>[] {
    if (this.stack.length < count) this.bytes.fail({ problem: "its stack is empty" });
    return this.stack.splice(-count);
  }

  private popMark(): PickleValue<T>[] {
    const items = this.stack;
    this.stack = this.below.pop() ?? this.bytes.fail({ problem: "a mark is missing" });
    return items;
  }
}
