import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { normalize, splitWords } from "./normalizer.ts";

// test-data/make_tokenizer_fixtures.py says what is hashed.
const fixture: Record<"clean" | "strip" | "split", string[]> = JSON.parse(
  readFileSync(new URL("../test-data/code-points.json", import.meta.url), "utf8"),
);
const plain = { handleChineseChars: false, stripAccents: false, lowercase: false };

/** Asserts that blocks of 4096 code points, in the planes that are wanted, have the hashes that the library's results have. */
function expectHashes(said: string[], resultOf: (chars: string[]) => string, planes = (_: number) => true) {
  const starts = said.map((_, i) => i * 4096).filter((start) => planes(start >> 16));
  const found = starts.map((start) => {
    const block = Array.from({ length: 4096 }, (_, i) => start + i).filter((c) => c < 0xd800 || c >= 0xe000);
    const result = resultOf(block.map((c) => String.fromCodePoint(c)));
    return { start: start.toString(16), hash: createHash("sha256").update(result).digest("hex").slice(0, 8) };
  });
  expect(found).toEqual(starts.map((start) => ({ start: start.toString(16), hash: said[start / 4096] })));
}

test("every code point is cleaned and set apart as in the Rust library", () => {
  const options = { ...plain, handleChineseChars: true };
  expectHashes(fixture.clean, (chars) => normalize(chars.map((c) => `${c}|`).join(""), options));
});

test("every code point is decomposed, ordered among marks and stripped as in the Rust library", () => {
  const options = { ...plain, stripAccents: true };
  expectHashes(
    fixture.strip,
    (chars) => normalize(chars.map((c) => `a\u302e${c}\u{1d165}|`).join(""), options),
    (plane) => plane <= 2 || plane === 14, // no plane between has a character but Han, those after are private
  );
});

test("every code point splits words as in the Rust library", () => {
  expectHashes(fixture.split, (chars) => splitWords(chars.map((c) => `a${c}a `).join("")).join("\n"));
});

test("an upper case sigma is lowered without a look at its neighbours", () => {
  expect(normalize("ΑΣ Σ ΣΑ İ", { ...plain, lowercase: true })).toBe("ασ σ σα i\u0307");
});
