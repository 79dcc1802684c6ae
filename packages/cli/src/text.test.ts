import { expect, test } from "vitest";
import {
  byteSize,
  definitions,
  dimmer,
  duration,
  jsonLines,
  plural,
  printable,
  scoreText,
  widthOf,
  wrap,
} from "./text.ts";

test("control characters from strangers cannot reach the terminal", () => {
  expect(printable("a\u001b[2Jb\rc\nd\u009be\u202ef")).toBe("a\ufffd[2Jb\ufffdc\ufffdd\ufffde\ufffdf");
  expect(printable("one\ntwo\u0007", true)).toBe("one\ntwo\ufffd");
  expect(printable("naïve 猫 😀")).toBe("naïve 猫 😀");
});

test("text is wrapped at spaces, and columns line up", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("unbreakable", 3)).toEqual(["unbreakable"]);
  expect(wrap(" ", 10)).toEqual([]);
  expect(
    definitions(
      [
        ["a", "first"],
        ["long", "word ".repeat(6).trim()],
      ],
      28,
    ),
  ).toEqual(["  a     first", "  long  word word word word", "        word word"]);
});

test("grey only on terminals that want it", () => {
  const terminal = { write: () => {}, isTTY: true, columns: 80 };
  expect(dimmer(terminal, {})("x")).toBe("\u001b[2mx\u001b[22m");
  expect(dimmer(terminal, { NO_COLOR: "" })("x")).toBe("\u001b[2mx\u001b[22m");
  expect(dimmer(terminal, { NO_COLOR: "1" })("x")).toBe("x");
  expect(dimmer({ ...terminal, isTTY: false }, {})("x")).toBe("x");
});

test("units", () => {
  expect([0, 999, 1e3, 999_499, 999_500, 707_000_000, 999_500_000, 1.576e9].map(byteSize)).toEqual([
    "0 bytes",
    "999 bytes",
    "1 kB",
    "999 kB",
    "1 MB",
    "707 MB",
    "1.00 GB",
    "1.58 GB",
  ]);
  expect([0.4, 143, 999.4, 2310, 12_340, 75_000].map(duration)).toEqual([
    "0 ms",
    "143 ms",
    "999 ms",
    "2.31 s",
    "12.3 s",
    "75 s",
  ]);
  expect([plural(1, "case"), plural(0, "case")]).toEqual(["1 case", "0 cases"]);
});

test("a score that rounds to zero has no sign, and a terminal without a width has 80 columns", () => {
  expect([-0.001, -0.005, -1.234, 0.5].map(scoreText)).toEqual([
    "score 0.00",
    "score -0.01",
    "score -1.23",
    "score 0.50",
  ]);
  const terminal = { write: () => {}, isTTY: true };
  expect([0, 19, 20, 132].map((columns) => widthOf({ ...terminal, columns }))).toEqual([80, 80, 20, 132]);
});

test("a JSON list has one line per item", () => {
  expect(jsonLines([{ a: [1, 2] }, { b: "x\ny" }])).toBe('[\n  {"a":[1,2]},\n  {"b":"x\\ny"}\n]');
});
