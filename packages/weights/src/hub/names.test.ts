import { expect, test } from "vitest";
import { collisions, fileNameProblem, repoIdProblem, revisionProblem } from "./names.ts";

const traversals = [
  "..",
  "../x",
  "a/../b",
  "/etc/passwd",
  "\\\\host\\share",
  "a\\b",
  "C:\\x",
  "C:x",
  "a\0b",
  "a\nb",
  "",
];
const devices = ["con", "NUL", "aux.txt", "com1", "LPT9.json", "com¹", "prn.tar.gz"];

test("E31: file names with .., absolute, backslash, NUL, reserved Windows names", () => {
  for (const name of [...traversals, ...devices, ".", "x.", "x ", "a:b", "a/b", "?", "%2e%2e/", "x".repeat(256)]) {
    expect(fileNameProblem(name)?.subject, name).toMatch(/^file "/);
  }
  for (const name of ["model.safetensors", "model-00001-of-00002.safetensors", "vocab.txt", "console", "com10.json"]) {
    expect(fileNameProblem(name), name).toBeUndefined();
  }
});

test("E31: revisions with .., absolute, backslash, NUL, reserved Windows names", () => {
  const git = [
    "a..b",
    "a b",
    "a~1",
    "a^",
    "a@{1}",
    "-x",
    ".x",
    "a/.b",
    "x.lock",
    "a//b",
    "a/",
    "refs/pr/nul",
    "a/con.x",
  ];
  for (const name of [...traversals, ...devices, ...git, "x".repeat(256)]) {
    expect(revisionProblem(name)?.subject, name).toMatch(/^revision "/);
  }
  for (const name of ["main", "v1.0", "refs/pr/1", "feature/x", "a".repeat(40), "gh-pages"]) {
    expect(revisionProblem(name), name).toBeUndefined();
  }
});

test("E31: repository ids", () => {
  const bad = ["a/b/c", "a--b/c", "-a/b", "a/b.", "a/b.git", "a/b c", "a/%2e%2e", "https://huggingface.co/a/b"];
  for (const id of [...traversals, ...bad, `a/${"b".repeat(97)}`]) {
    expect(repoIdProblem(id)?.subject, id).toMatch(/^repository "/);
  }
  for (const id of ["gpt2", "microsoft/git-base-coco", "a/b", "org/name_1.5", `a/${"b".repeat(96)}`]) {
    expect(repoIdProblem(id), id).toBeUndefined();
  }
});

test("E31: names that differ only in case or Unicode normalization collide", () => {
  const names = ["Model.bin", "model.bin", "caf\u00e9.txt", "cafe\u0301.txt", "other"];
  expect(collisions("model.bin", names)).toEqual(["Model.bin"]);
  expect(collisions("caf\u00e9.txt", names)).toEqual(["cafe\u0301.txt"]);
  expect(collisions("other", names)).toEqual([]);
});
