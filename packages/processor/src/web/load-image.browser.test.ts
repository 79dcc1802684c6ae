// Every kind of thing that a page has a picture in.
import { GlimpseError } from "@glimpsejs/base";
import { expect, test } from "vitest";
import { read } from "../../test/web-support.ts";
import { type ImageSource, type LoadImageOptions, loadImage } from "./load-image.ts";

const url = "/packages/processor/test-data/decode/rgb.png";
const bytes = await read("decode/rgb.png");
const expected = [...(await loadImage(bytes)).data];

async function refusal(source: ImageSource, options?: LoadImageOptions): Promise<GlimpseError> {
  try {
    await loadImage(source, options);
  } catch (error) {
    if (GlimpseError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("it was loaded");
}

/** An element that shows the picture at `src`. */
async function shown(src: string): Promise<HTMLImageElement> {
  const image = Object.assign(new Image(), { src });
  await image.decode();
  return image;
}

function painted<C extends HTMLCanvasElement | OffscreenCanvas>(canvas: C, image: CanvasImageSource): C {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  context?.drawImage(image, 0, 0);
  return canvas;
}

test("files, URLs, elements, canvases, bitmaps, frames and pixels give the same picture", async () => {
  const blob = new Blob([bytes]);
  const bitmap = await createImageBitmap(blob);
  const canvas = Object.assign(document.createElement("canvas"), { width: 17, height: 13 });
  const offscreen = painted(new OffscreenCanvas(17, 13), bitmap);
  const sources: readonly ImageSource[] = [
    bytes,
    bytes.buffer,
    blob,
    new File([bytes], "picture.png"),
    url,
    new URL(url, location.href),
    `data:image/png;base64,${btoa(String.fromCharCode(...bytes))}`,
    URL.createObjectURL(blob),
    await shown(url),
    painted(canvas, bitmap),
    offscreen,
    bitmap,
    new VideoFrame(bitmap, { timestamp: 0 }),
    offscreen.getContext("2d")?.getImageData(0, 0, 17, 13) ?? "none",
    await loadImage(bytes),
  ];
  for (const source of sources) {
    const { width, height, data } = await loadImage(source);
    expect([width, height], String(source)).toEqual([17, 13]);
    expect([...data], String(source)).toEqual(expected);
    if (source instanceof VideoFrame) source.close();
  }
});

test("an <img> with alpha or a profile gives its file's colours, not those on the screen", async () => {
  for (const name of ["rgba.png", "icc.jpg"]) {
    const image = await shown(`/packages/processor/test-data/decode/${name}`);
    expect([...(await loadImage(image)).data], name).toEqual([...(await loadImage(await read(`decode/${name}`))).data]);
  }
});

test("C24: an <img> whose blob: URL was revoked is read from what it shows; the URL itself is an error", async () => {
  const address = URL.createObjectURL(new Blob([bytes]));
  const image = await shown(address);
  URL.revokeObjectURL(address);
  expect([...(await loadImage(image)).data]).toEqual(expected);
  expect(await refusal(address)).toMatchObject({ code: "download" });
});

test("C24: a picture that shows nothing, a closed frame, an empty canvas", async () => {
  const [empty, missing] = [new Image(), Object.assign(new Image(), { src: "/no-such-picture.png" })];
  expect(await refusal(empty)).toMatchObject({ code: "invalid-image" });
  expect((await refusal(empty)).message).toContain("the element has no src");
  expect(await refusal(missing)).toMatchObject({ code: "invalid-image" });
  expect((await refusal(missing)).message).toMatch(/as http:.*no-such-picture\.png could not be loaded/);
  const frame = new VideoFrame(await createImageBitmap(new Blob([bytes])), { timestamp: 0 });
  frame.close();
  expect((await refusal(frame)).message).toContain("there are no pixels yet, or no longer");
  expect((await refusal(document.createElement("video"))).message).toContain("there are no pixels yet");
  expect((await refusal(new OffscreenCanvas(0, 5))).message).toContain("got 0 x 5");
});

test("C24: data: URLs of other forms, addresses without a picture, and what is none at all", async () => {
  expect((await refusal("data:image/png,abc")).message).toContain("its form is not read");
  expect((await refusal("data:image/png;base64,####")).message).toContain("not valid base64");
  expect((await refusal("/fixtures/reference/README.md")).message).toContain("a file of an unknown format");
  expect((await refusal("https://example.org/x.png")).message).toContain('"https://example.org/x.png": the download');
  expect(await refusal(5 as unknown as ImageSource)).toMatchObject({ code: "invalid-argument" });
  expect((await refusal({ width: 2, height: 2, data: new Uint8Array(5) })).message).toContain("does not fit the shape");
});

test("an abort ends a download", async () => {
  const controller = new AbortController();
  const fetch: typeof globalThis.fetch = (_, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("cut"))));
  const loading = refusal(url, { fetch, signal: controller.signal });
  controller.abort();
  expect(await loading).toMatchObject({ code: "aborted" });
});
