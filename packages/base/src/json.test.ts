// The strict parser against JSON.parse, and against what it must refuse.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GlimpseError } from "./error.ts";
import { type JsonLimits, parseJson } from "./json.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The message of the GlimpseError "invalid-json" that parsing throws. */
function failure(source: string | Uint8Array, limits?: JsonLimits): string {
  try {
    parseJson(source, "x.json", limits);
  } catch (error) {
    expect(GlimpseError.isInstance(error, "invalid-json")).toBe(true);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it did not throw");
}

test("values of every kind, from text and from bytes", () => {
  const text = ' {"a": [1, -0.5e+3, 0, true, false, null], "ä\\u00e9\\ud83d\\ude00\\n\\/": {"": []}}\r\n\t';
  const expected = { a: [1, -500, 0, true, false, null], "äé😀\n/": { "": [] } };
  expect(parseJson(text, "x.json")).toEqual(expected);
  expect(parseJson(bytes(text), "x.json")).toEqual(expected);
});

describe("the same as JSON.parse", () => {
  const run = { seed: 5, numRuns: 1000 };
  const document = fc
    .tuple(fc.jsonValue(), fc.constantFrom("", " ", "\t", "\n  "))
    .map(([value, indent]) => JSON.stringify(value, null, indent));

  test("on valid JSON without duplicate keys", () => {
    const check = (text: string) => {
      expect(JSON.stringify(parseJson(text, "x.json"))).toBe(JSON.stringify(JSON.parse(text)));
      expect(parseJson(bytes(text), "x.json")).toEqual(parseJson(text, "x.json"));
    };
    fc.assert(fc.property(document, check), run);
  });

  test("or stricter, never looser, on damaged JSON", () => {
    const damage = fc.tuple(document, fc.nat(), fc.nat(2), fc.constantFrom(..."{}[],:\"\\0-+.eE1tn u\u0000\ufeff'/"));
    const check = ([text, where, cut, put]: [string, number, number, string]) => {
      const at = where % (text.length + 1);
      const damaged = text.slice(0, at) + put + text.slice(at + cut);
      const mine = attempt(() => parseJson(damaged, "x.json"));
      const builtin = attempt(() => JSON.parse(damaged));
      if ("value" in mine) expect({ text: JSON.stringify(mine.value) }).toEqual({ text: builtin.text });
      else if ("value" in builtin) expect(String(mine.error)).toMatch(/stands twice|too large|surrogate/);
      if ("error" in mine && !GlimpseError.isInstance(mine.error, "invalid-json")) throw mine.error;
    };
    fc.assert(fc.property(damage, check), run);
  });
});

function attempt(run: () => unknown): { value: unknown; text: string } | { error: unknown; text?: never } {
  try {
    const value = run();
    return { value, text: JSON.stringify(value) };
  } catch (error) {
    return { error };
  }
}

describe("B15: what JSON.parse would let through", () => {
  test("duplicate keys, at any depth and however they are spelled", () => {
    expect(failure('{"a":1,"b":{"c":1,"\\u0063":2}}')).toBe(
      'x.json: the key "c" stands twice in one object (in "b", at character 26), got ":2}}".',
    );
    expect(failure('{"__proto__":1,"__proto__":2}')).toContain('"__proto__" stands twice');
  });

  test("numbers that overflow", () => {
    expect(failure("[1e999]")).toContain('the number "1e999" is too large (at character 1)');
    expect(parseJson("1e-999", "x.json")).toBe(0);
  });

  test("lone surrogates in escapes", () => {
    for (const text of ['"\\ud800"', '"\\udc00"', '"\\ud800x\\udc00"', '"\\ud800\\ud800\\udc00"']) {
      expect(failure(text)).toContain("half of a surrogate pair");
    }
  });
});

test("B15: texts that are too long", () => {
  expect(failure("[1, 2]", { maxLength: 5 })).toBe(
    "x.json: the JSON text is too long, expected at most 5 bytes, got 6.",
  );
  expect(parseJson("[1,2]", "x.json", { maxLength: 5 })).toEqual([1, 2]);
  expect(failure(new Uint8Array(100_000_001))).toContain("at most 100000000 bytes, got 100000001");
});

test("A2: depth bombs", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(JSON.stringify(parseJson(nested(64), "x.json"))).toBe(nested(64));
  expect(failure(nested(65))).toContain("the nesting is deeper than 64 (at character 64)");
  expect(failure('{"a":'.repeat(5_000_000))).toContain("deeper than 64");
  expect(failure("[[]]", { maxDepth: 1 })).toContain("deeper than 1 (at character 1)");
});

test("A2: more members than are wanted in one array or object", () => {
  expect(parseJson('{"a":[1,2],"b":[3]}', "x.json", { maxMembers: 2 })).toEqual({ a: [1, 2], b: [3] });
  for (const text of ["[1,2,3]", '{"a":1,"b":2,"c":3}']) {
    expect(failure(text, { maxMembers: 2 })).toContain(
      "x.json: an array or object has more than 2 members (at character",
    );
  }
});

test("A7: where only unsigned integers are wanted, nothing else passes for one", () => {
  const limits = { onlyUnsigned: true };
  expect(parseJson("[0, 9007199254740991]", "x.json", limits)).toEqual([0, 9007199254740991]);
  for (const text of ["-1", "-0", "1.0", "1e3", "9007199254740992"]) {
    expect(failure(`{"a":{"b":[${text}]}}`, limits)).toContain(
      `x.json: the number "${text}" cannot stand here (in "a"."b", at character 11), expected a plain integer`,
    );
  }
});

test("A3: bytes that are no JSON text", () => {
  expect(failure(Uint8Array.of(0x22, 0xff, 0x22))).toBe("x.json: the text is not valid UTF-8.");
  expect(failure(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toContain("not valid UTF-8"); // a surrogate in UTF-8
  expect(failure(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d))).toContain("no JSON value starts here (at character 0)"); // BOM
  expect(failure(bytes("{}\0"))).toContain("there is text after the JSON value (at character 2)");
  expect(failure(new Uint8Array())).toContain("no JSON value starts here (at character 0), got the end of the text");
});

test("A5: keys with a meaning in JavaScript are plain data", () => {
  const value = parseJson('{"__proto__":{"polluted":1},"constructor":2,"toString":3}', "x.json");
  expect(Object.keys(value ?? {})).toEqual(["__proto__", "constructor", "toString"]);
  expect(Object.getPrototypeOf(value)).toBe(null);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test.each([
  ["{a:1}", 'a key is missing (at character 1), expected a string in quotes, got "a:1}"'],
  ['{"a" 1}', 'there is no colon after the key "a" (at character 5), expected ":", got "1}"'],
  ['{"a":1', 'an object is not closed (at character 6), expected "," or "}", got the end of the text'],
  ["[1,]", "no JSON value starts here (at character 3)"],
  ["[1 2]", 'an array is not closed (at character 3), expected "," or "]"'],
  ['"a', "a string is not closed or holds a control character (at character 2)"],
  ['"a\nb"', "a string is not closed or holds a control character (at character 2)"],
  ['"\\x"', "a string holds an unknown escape (at character 2)"],
  ['"\\u12g4"', "a string holds an unknown escape"],
  ["01", "there is text after the JSON value (at character 1)"],
  ["+1", "no JSON value starts here"],
  [".5", "no JSON value starts here"],
  ["NaN", "no JSON value starts here"],
  ["nul", "no JSON value starts here"],
])("syntax: %s", (text, message) => {
  expect(failure(text)).toContain(`x.json: ${message}`);
});
