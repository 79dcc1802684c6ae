// Reads parsed JSON as what it should be, and says where it is something else.
import { GlimpseError, type JsonValue, show } from "@glimpsejs/base";

/** A JSON value with the path that leads to it. Every method but `optional` throws "invalid-json" for another value. */
export class JsonReader {
  private readonly value: JsonValue;
  private readonly path: string;

  constructor(value: JsonValue, path: string) {
    this.value = value;
    this.path = path;
  }

  /** A member of an object; null when it is not there. */
  member(name: string): JsonReader {
    return new JsonReader(this.object()[name] ?? null, `${this.path} ${name}`);
  }

  /** A member of an object; undefined when it is not there. */
  optional(name: string): JsonReader | undefined {
    return this.object()[name] === undefined ? undefined : this.member(name);
  }

  /** An object. */
  object(): { readonly [name: string]: JsonValue } {
    const { value } = this;
    return typeof value === "object" && value !== null && !isArray(value) ? value : this.wrong("an object");
  }

  /** The items of a list. */
  items(): readonly JsonReader[] {
    const { value } = this;
    return isArray(value) ? value.map((item, i) => new JsonReader(item, `${this.path}[${i}]`)) : this.wrong("a list");
  }

  /** Lists of integers. */
  rows(): readonly (readonly number[])[] {
    return this.items().map((row) => row.items().map((id) => id.integer()));
  }

  /** A list of numbers. */
  numbers(): readonly number[] {
    return this.items().map((item) => (typeof item.value === "number" ? item.value : item.wrong("a number")));
  }

  /** An integer up to 2^53 - 1. */
  integer(): number {
    return typeof this.value === "number" && Number.isSafeInteger(this.value) ? this.value : this.wrong("an integer");
  }

  /** A string. */
  string(): string {
    return typeof this.value === "string" ? this.value : this.wrong("a string");
  }

  /** Throws "invalid-json": the value is not `expected`. */
  wrong(expected: string): never {
    const problem = { subject: this.path, problem: "the value is wrong", expected, got: show(this.value) };
    throw new GlimpseError(problem, { code: "invalid-json" });
  }
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
