// A strict JSON parser for files that come from strangers. Unlike JSON.parse it refuses duplicate keys (at any depth),
// bounds depth and size before they can hurt, decodes UTF-8 strictly, and says where in the file it stopped.
// Objects have no prototype, so keys such as "__proto__" are plain data.
import { GlimpseError, show } from "./error.ts";

/** Any JSON value; objects are prototype-less records. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Bounds of one {@link parseJson} call. */
export interface JsonLimits {
  /** Longest accepted text in bytes (UTF-8) or, for strings, in UTF-16 units. Default 100,000,000. */
  readonly maxLength?: number;
  /** Deepest accepted nesting of arrays and objects. Default 64. */
  readonly maxDepth?: number;
  /** Most members of one array or object. Default no limit. */
  readonly maxMembers?: number;
  /**
   * Accept only numbers that are plain unsigned integers up to 2^53 - 1, as a reader of u64 fields does: no sign,
   * fraction or exponent, and nothing that a double would round. Default false.
   */
  readonly onlyUnsigned?: boolean;
}

/**
 * Parses one JSON document (RFC 8259). `subject` names the file in errors.
 * Throws GlimpseError "invalid-json" on: bytes that are not UTF-8, a byte order mark, syntax errors, duplicate keys,
 * too deep nesting, too many members, numbers that overflow or break `onlyUnsigned`, lone surrogates written as
 * escapes, text after the value.
 */
export function parseJson(source: string | Uint8Array, subject: string, limits: JsonLimits = {}): JsonValue {
  const { maxLength = 100_000_000 } = limits;
  if (source.length > maxLength) {
    throw new GlimpseError(
      {
        subject,
        problem: "the JSON text is too long",
        expected: `at most ${maxLength} bytes`,
        got: String(source.length),
      },
      { code: "invalid-json" },
    );
  }
  const text = typeof source === "string" ? source : decodeUtf8(source, subject);
  return new Parser(text, subject, limits).document();
}

function decodeUtf8(bytes: Uint8Array, subject: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new GlimpseError({ subject, problem: "the text is not valid UTF-8" }, { code: "invalid-json", cause });
  }
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// Everything up to the next quote or backslash; control characters end the run and are then refused.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings may not hold control characters.
const plain = /[^"\\\u0000-\u001f]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Parser {
  private readonly text: string;
  private readonly subject: string;
  private readonly maxDepth: number;
  private readonly maxMembers: number;
  private readonly onlyUnsigned: boolean;
  /** Keys of the objects around the current value, outermost first. */
  private readonly path: string[] = [];
  private at = 0;

  constructor(text: string, subject: string, limits: JsonLimits) {
    const { maxDepth = 64, maxMembers = Number.POSITIVE_INFINITY, onlyUnsigned = false } = limits;
    this.text = text;
    this.subject = subject;
    this.maxDepth = maxDepth;
    this.maxMembers = maxMembers;
    this.onlyUnsigned = onlyUnsigned;
  }

  document(): JsonValue {
    this.space();
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) this.fail("there is text after the JSON value");
    return value;
  }

  private value(depth: number): JsonValue {
    switch (this.text[this.at]) {
      case "{":
        return this.object(this.deeper(depth));
      case "[":
        return this.array(this.deeper(depth));
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private deeper(depth: number): number {
    if (depth >= this.maxDepth) this.fail(`the nesting is deeper than ${this.maxDepth}`);
    this.at++;
    return depth + 1;
  }

  private checkMembers(members: number): void {
    if (members > this.maxMembers) this.fail(`an array or object has more than ${this.maxMembers} members`);
  }

  private object(depth: number): JsonValue {
    const result: Record<string, JsonValue> = Object.create(null);
    this.space();
    if (this.take("}")) return result;
    for (let members = 1; ; members++) {
      this.checkMembers(members);
      this.space();
      if (this.text[this.at] !== '"') this.fail("a key is missing", "a string in quotes");
      const key = this.string();
      if (key in result) this.fail(`the key ${show(key)} stands twice in one object`);
      this.space();
      if (!this.take(":")) this.fail(`there is no colon after the key ${show(key)}`, '":"');
      this.space();
      this.path.push(key);
      result[key] = this.value(depth);
      this.path.pop();
      this.space();
      if (this.take("}")) return result;
      if (!this.take(",")) this.fail("an object is not closed", '"," or "}"');
    }
  }

  private array(depth: number): JsonValue {
    const result: JsonValue[] = [];
    this.space();
    if (this.take("]")) return result;
    for (let members = 1; ; members++) {
      this.checkMembers(members);
      this.space();
      result.push(this.value(depth));
      this.space();
      if (this.take("]")) return result;
      if (!this.take(",")) this.fail("an array is not closed", '"," or "]"');
    }
  }

  private string(): string {
    this.at++;
    const parts: string[] = [];
    for (;;) {
      plain.lastIndex = this.at;
      const run = plain.exec(this.text)?.[0] ?? "";
      parts.push(run);
      this.at += run.length;
      if (this.take('"')) break;
      if (this.take("\\")) parts.push(this.escape());
      else this.fail("a string is not closed or holds a control character");
    }
    const result = parts.length === 1 ? (parts[0] ?? "") : parts.join("");
    if (parts.length > 1 && hasLoneSurrogate(result)) this.fail("a string holds half of a surrogate pair");
    return result;
  }

  private escape(): string {
    const letter = this.text[this.at] ?? "";
    const simple = escapes[letter];
    if (simple !== undefined) {
      this.at++;
      return simple;
    }
    const hex = this.text.slice(this.at + 1, this.at + 5);
    if (letter !== "u" || !/^[0-9a-fA-F]{4}$/.test(hex)) this.fail("a string holds an unknown escape");
    this.at += 5;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  private number(): number {
    number.lastIndex = this.at;
    const match = number.exec(this.text)?.[0];
    if (match === undefined) this.fail("no JSON value starts here");
    const value = Number(match);
    if (!Number.isFinite(value)) this.fail(`the number ${show(match)} is too large`);
    if (this.onlyUnsigned && !(/^\d+$/.test(match) && Number.isSafeInteger(value))) {
      this.fail(`the number ${show(match)} cannot stand here`, "a plain integer from 0 to 2^53 - 1");
    }
    this.at += match.length;
    return value;
  }

  private word<T extends JsonValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail("no JSON value starts here");
    this.at += word.length;
    return value;
  }

  private space(): void {
    for (
      let c = this.text.charCodeAt(this.at);
      c === 32 || c === 10 || c === 13 || c === 9;
      c = this.text.charCodeAt(++this.at)
    );
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private fail(problem: string, expected?: string): never {
    const got = this.at < this.text.length ? `${show(this.text.slice(this.at, this.at + 20))}` : "the end of the text";
    const where = this.path.length === 0 ? "" : `in ${this.path.map((key) => show(key)).join(".")}, `;
    throw new GlimpseError(
      { subject: this.subject, problem: `${problem} (${where}at character ${this.at})`, expected, got },
      { code: "invalid-json" },
    );
  }
}

function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
