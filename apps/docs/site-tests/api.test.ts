// What stands on the pages of the API: a name without a sentence is found, whatever kind it is, and the ops, whose
// inputs and attributes have no sentences of their own, name every one of them in theirs.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readApi } from "../scripts/api.mjs";

const fixtures = path.join(import.meta.dirname, "fixtures");
const ops = path.resolve(import.meta.dirname, "../../../packages/graph/src/ops");

test("a name without a sentence, and a link to nowhere, fail the build of the site", { timeout: 60_000 }, async () => {
  const { logger } = await readApi([`${fixtures}/names.ts`], ["@glimpsejs/docs"], {
    tsconfig: `${fixtures}/tsconfig.json`,
    logLevel: "None",
  });
  const named = logger.warnings.map((text) => /^(\S+) \((\w+)\), defined in/.exec(text)?.slice(1, 3).join(" ") ?? text);
  expect(named.toSorted()).toEqual([
    expect.stringMatching(/nowhere/),
    "MuteType TypeAlias",
    "SaidClass.constructor ConstructorSignature",
    "SaidClass.muteAccessor GetSignature",
    "SaidClass.muteField Property",
    "SaidInterface.literal.__type.muteMember Property",
    "SaidInterface.muteMethod CallSignature",
    "SaidInterface.muteProperty Property",
    "muteFunction CallSignature",
    "muteValue Variable",
  ]);
});

const files = readdirSync(ops).filter((file) => !/test|^(?:index|op|definitions)\.ts$/.test(file));

test("there are ops", () => {
  expect(files.length).toBeGreaterThan(12);
});

test.each(files)("the sentence about the op of %s names its inputs and attributes", (file) => {
  const source = readFileSync(`${ops}/${file}`, "utf8");
  const [, sentence = "", types = ""] =
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const \w+: OpDefinition<([\s\S]*?)> = \{/.exec(source) ?? [];
  const names = [...types.matchAll(/readonly (\w+)\??:/g)].map((match) => match[1] ?? "");
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(sentence))).toEqual([]);
});
