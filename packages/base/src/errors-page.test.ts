// docs/errors.md against the code: every code has its row, every row its code, and every code is thrown somewhere.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

const union = /export type ErrorCode =([^;]+);/.exec(read("packages/base/src/error.ts"))?.[1] ?? "";
const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code ?? "");
const documented = [...read("docs/errors.md").matchAll(/^\| `([a-z-]+)` \|(.*)\|(.*)\|/gm)];

/** All sources of all packages, tests left out. */
function sources(): string {
  const files = readdirSync(new URL("packages/", root), { recursive: true, encoding: "utf8" });
  const own = files.filter((file) => /^[^/\\]+[/\\]src[/\\].*\.ts$/.test(file) && !/\.test\.ts$/.test(file));
  return own.map((file) => read(`packages/${file}`)).join("\n");
}

test("every code has its row, in the order of the code, with when and what to do", () => {
  expect(codes.length).toBeGreaterThan(15);
  expect(documented.map(([, code]) => code)).toEqual(codes);
  for (const [, , when, advice] of documented) {
    expect(when?.trim()).not.toBe("");
    expect(advice?.trim()).not.toBe("");
  }
});

test("every code is thrown somewhere", () => {
  const all = sources();
  const unused = codes.filter((code) => !all.includes(`code: "${code}"`) && !all.includes(`"${code}" }`));
  expect(unused).toEqual([]);
});
