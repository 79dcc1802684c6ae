// Share links: what they keep, what they never trust.
import { expect, test } from "vitest";
import { defaultSettings, fromFragment, isHubId, type Settings, toFragment } from "./settings.ts";

test("a fresh page has an empty fragment", () => {
  expect(toFragment(defaultSettings)).toBe("");
  expect(fromFragment("")).toEqual(defaultSettings);
});

test("settings survive the link", () => {
  const settings: Settings = { model: "microsoft/git-base-coco", backend: "ort-wasm", dtype: "int8", numBeams: 6 };
  expect(toFragment(settings)).toBe("model=microsoft/git-base-coco&backend=ort-wasm&dtype=int8&beams=6");
  expect(fromFragment(`#${toFragment(settings)}`)).toEqual(settings);
});

test.for([
  "#model=../../etc/passwd&backend=magic&dtype=fp7&beams=99",
  "#model=https://example.com/x",
  "#beams=4.5&model=a/b/c",
  "#%00%ff=%zz",
])("what a link says wrongly is left at its default: %s", (fragment) => {
  expect(fromFragment(fragment)).toEqual(defaultSettings);
});

test("ids of repositories", () => {
  expect(["a/b", "microsoft/git-base-coco", "A-1/b_2.c"].filter(isHubId)).toHaveLength(3);
  expect(["a", "a/b/c", "../b", "a/..", "a b/c", "", "/b", `${"a".repeat(97)}/b`].filter(isHubId)).toEqual([]);
});
