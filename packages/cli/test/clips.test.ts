// Clips on the command line: which model is taken, what is printed, and the contact sheet.
import { copyFile, readFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { glimpse, sample, sampleClip, temporaryFolder } from "./support.ts";

const text = "a butterfly moving up on a green background";

test("a clip is captioned by the demo model for clips, a picture beside it by the other", async () => {
  const { code, out, err } = await glimpse(["caption", sampleClip("01.mp4"), sample("02.png")]);
  expect(code).toBe(0);
  expect(out).toContain(`01.mp4\n  ${text}\n  score -0.0`);
  expect(out).toMatch(/tokens, 20 ms, 6 of 24 frames\n.*02\.png\n {2}a book on a white background\n/);
  expect(err).toContain("The demo model for clips knows only emoji scenes.");
  expect(err).toContain("--model microsoft/git-base-vatex");
  expect(err).toContain("The demo model knows only emoji scenes.");
});

test("questions about a clip, as JSON with its frames", async () => {
  const { code, out } = await glimpse([
    "ask",
    sampleClip("01.mp4"),
    "what is the butterfly doing?",
    "--json",
    "--frames",
    "3",
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject([
    {
      question: "what is the butterfly doing?",
      clip: { frames: [0, 12, 23], timestamps: [0, 1, 1.916667], frameCount: 24, duration: 2, codec: "avc1.64000b" },
    },
  ]);
});

test.each([
  ["paper", [2, 6, 10, 14, 18, 22]],
  ["0,0.5,1.25", [0, 6, 15]],
  ["window:7", undefined],
])("--sampling %s", async (sampling, frames) => {
  const { code, out, err } = await glimpse([
    "caption",
    sampleClip("01.mp4"),
    "--json",
    "--sampling",
    sampling,
    "--max-new-tokens",
    "1",
  ]);
  if (frames === undefined) {
    expect(err).toMatch(/not longer than the window that frames are drawn from, expected more than 24 frames/);
    expect(code).toBe(1);
  } else expect(JSON.parse(out)).toMatchObject([{ clip: { frames } }]);
});

test("--contact-sheet writes the frames with their times as one picture", async () => {
  const file = path.join(temporaryFolder(), "sheet.png");
  const { code } = await glimpse(["caption", sampleClip("02.mp4"), "--contact-sheet", file, "--max-new-tokens", "1"]);
  expect(code).toBe(0);
  const { data, info } = await sharp(await readFile(file))
    .raw()
    .toBuffer({ resolveWithObject: true });
  // Three beside each other in two rows, 240 wide and high, 8 apart, with 24 for the time.
  expect(info).toMatchObject({ width: 752, height: 536, channels: 3 });
  const pixel = (x: number, y: number) => [...data.subarray((y * 752 + x) * 3, (y * 752 + x) * 3 + 3)];
  expect(pixel(2, 2)).toEqual([24, 24, 24]);
  expect(pixel(30, 30).every((value) => value > 240)).toBe(true);
  const ink = data.filter((value, i) => value === 220 && i >= 752 * 3 * 250 && i < 752 * 3 * 270).length;
  expect(ink).toBeGreaterThan(300);
});

test("wrong values are usage errors; what is no clip is said to be a picture", async () => {
  const wrong = await glimpse(["caption", "a.mp4", "b.mp4", "--contact-sheet", "c.png"]);
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.err).toContain("--contact-sheet: it shows one clip, expected one operand, got 2.");
  const sampling = await glimpse(["caption", "a.mp4", "--sampling", "unifrom", "--frames", "0"]);
  expect(sampling).toMatchObject({ code: 2 });
  expect(sampling.err).toMatch(/2 problems:.*--frames.*--sampling: the value is wrong, expected uniform, paper/s);
  const picture = await glimpse(["caption", sample("02.png"), "--frames", "2"]);
  expect(picture).toMatchObject({ code: 1 });
  expect(picture.err).toMatch(/this is no clip that can be read, expected MP4, .*got a PNG picture/);
  const named = path.join(temporaryFolder(), "named.mp4");
  await copyFile(sample("02.png"), named);
  expect((await glimpse(["caption", named])).err).toMatch(/got a PNG picture. Pass it as a picture/);
});
