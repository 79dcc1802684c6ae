// Decoded files against Pillow's convert("RGB") (test-data/make_decode_fixtures.py), and what is refused instead.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Picture } from "../picture.ts";
import { sharpDecoder } from "./sharp-decoder.ts";

interface Facts {
  readonly mode?: string;
  readonly error?: string;
  readonly width: number;
  readonly height: number;
  /** The RGB bytes in base64, or of large pictures their SHA-256. */
  readonly rgb?: string;
  readonly sha256?: string;
}

const folder = new URL("../../test-data/decode/", import.meta.url);
const photos = new URL("../../../../fixtures/reference/data/", import.meta.url);
const facts: { readonly pictures: Record<string, Facts>; readonly photos: Record<string, Facts> } = JSON.parse(
  readFileSync(new URL("decode.json", folder), "utf8"),
);
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const asStored = sharpDecoder({ applyOrientation: false });

function expectEqual({ width, height, data }: Picture, expected: Facts): void {
  expect([width, height]).toEqual([expected.width, expected.height]);
  if (expected.rgb !== undefined) expect(Buffer.from(data).toString("base64")).toBe(expected.rgb);
  else expect(createHash("sha256").update(data).digest("hex")).toBe(expected.sha256);
}

const refused = /^(float|float-grey|int-32|lab|5-channels|6-channels|grey-alpha-16)\.tif$/;
const avif = /\.avif$/;

for (const [name, expected] of Object.entries(facts.pictures)) {
  if (refused.test(name)) {
    test(`C21: ${name} (Pillow: ${expected.mode ?? expected.error}) is refused by type`, async () => {
      await expect(asStored(read(name), { name })).rejects.toMatchObject({
        name: "GlimpseError",
        code: name === "lab.tif" ? "invalid-image" : "unsupported",
        message: expect.stringContaining(`${name}: `),
      });
    });
  } else if (!avif.test(name)) {
    const group = name.startsWith("animated") ? "C22: the first frame of" : "C21:";
    test(`${group} ${name} (${expected.mode}) equals Pillow`, async () => {
      expectEqual(await asStored(read(name), { name }), expected);
    });
  }
}

test("photographs, two of them with a colour profile, equal Pillow exactly", async () => {
  for (const [name, expected] of Object.entries(facts.photos)) {
    expectEqual(await asStored(readFileSync(new URL(name, photos)), { name }), expected);
  }
});

test("AVIF is close to Pillow: 1 level with full chroma; with halved chroma only luma is as close", async () => {
  const luma = (rgb: Uint8Array, i: number) =>
    0.299 * (rgb[i] ?? 0) + 0.587 * (rgb[i + 1] ?? 0) + 0.114 * (rgb[i + 2] ?? 0);
  for (const name of ["444.avif", "420.avif"]) {
    const { data } = await asStored(read(name));
    const expected = Buffer.from(facts.pictures[name]?.rgb ?? "", "base64");
    const levels = data.map((value, i) => Math.abs(value - (expected[i] ?? 0)));
    expect(Math.max(...levels), name).toBeLessThanOrEqual(name === "444.avif" ? 1 : 62);
    const pixels = Array.from({ length: data.length / 3 }, (_, i) => luma(data, 3 * i) - luma(expected, 3 * i));
    expect(Math.abs(pixels.reduce((sum, value) => sum + value, 0) / pixels.length), name).toBeLessThan(1);
  }
});

test("C23: EXIF orientations 1 to 8 are applied, 0 and 9 ignored; without applyOrientation none is", async () => {
  const upright = await asStored(read("exif-1.jpg"));
  const { width, height, data } = upright;
  const pixel = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  const [right, bottom] = [width - 1, height - 1];
  // where the top left and top right corner of the shown picture lie in the stored one: Exif 2.32, tag Orientation
  const corners: Record<number, [number[], number[]]> = {
    0: [pixel(0, 0), pixel(right, 0)],
    1: [pixel(0, 0), pixel(right, 0)],
    2: [pixel(right, 0), pixel(0, 0)],
    3: [pixel(right, bottom), pixel(0, bottom)],
    4: [pixel(0, bottom), pixel(right, bottom)],
    5: [pixel(0, 0), pixel(0, bottom)],
    6: [pixel(0, bottom), pixel(0, 0)],
    7: [pixel(right, bottom), pixel(right, 0)],
    8: [pixel(right, 0), pixel(right, bottom)],
    9: [pixel(0, 0), pixel(right, 0)],
  };
  for (const [orientation, [topLeft, topRight]] of Object.entries(corners)) {
    const name = `exif-${orientation}.jpg`;
    const turned = await sharpDecoder()(read(name));
    const swapped = Number(orientation) >= 5 && Number(orientation) <= 8;
    expect([turned.width, turned.height], name).toEqual(swapped ? [height, width] : [width, height]);
    expect([...turned.data.subarray(0, 3)], name).toEqual(topLeft);
    expect([...turned.data.subarray(turned.width * 3 - 3, turned.width * 3)], name).toEqual(topRight);
    expect((await asStored(read(name))).data, name).toEqual(data);
  }
});
