// Where pictures are read from, and the sources that are refused. Downloads go through a function, never the network.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { GlimpseError } from "@glimpsejs/base";
import { afterAll, expect, test } from "vitest";
import { type ImageSource, type LoadImageOptions, loadImage } from "./load-image.ts";

const url = new URL("../../test-data/decode/rgb.png", import.meta.url);
const bytes = new Uint8Array(readFileSync(url));
const folder = mkdtempSync(join(tmpdir(), "glimpse-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function refusal(source: ImageSource, options?: LoadImageOptions): Promise<GlimpseError> {
  try {
    await loadImage(source, options);
  } catch (error) {
    if (GlimpseError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("it was loaded");
}

const respond =
  (body: string | Uint8Array<ArrayBuffer> | ReadableStream, status = 200): typeof globalThis.fetch =>
  () =>
    Promise.resolve(new Response(body, { status }));

test("paths, URLs, Blobs and bytes give the same picture", async () => {
  const dataUrl = `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
  const sources = [
    fileURLToPath(url),
    url,
    url.href,
    bytes,
    Buffer.from(bytes),
    bytes.buffer,
    new Blob([bytes]),
    dataUrl,
  ];
  const [first, ...others] = await Promise.all(sources.map((source) => loadImage(source)));
  expect([first?.width, first?.height]).toEqual([17, 13]);
  for (const other of others) expect(other).toEqual(first);
  const fetch = respond(bytes);
  expect(await loadImage("https://example.com/a.png", { fetch })).toEqual(first);
});

test("EXIF orientation is applied unless told otherwise", async () => {
  const turned = new URL("../../test-data/decode/exif-6.jpg", import.meta.url);
  expect((await loadImage(turned)).width).toBe(13);
  expect((await loadImage(turned, { applyOrientation: false })).width).toBe(17);
});

test("C24: empty file, missing file, directory, symlink loop", async () => {
  const path = (name: string) => join(folder, name);
  writeFileSync(path("empty.png"), "");
  mkdirSync(path("folder.png"));
  symlinkSync(path("loop.png"), path("loop.png"));
  const cases: readonly (readonly [string, string, string])[] = [
    ["empty.png", "invalid-image", "got nothing"],
    ["missing.png", "missing-file", "the file does not exist"],
    ["empty.png/x.png", "missing-file", "the file does not exist"],
    ["folder.png", "invalid-image", "expected a regular file, got a directory"],
    ["loop.png", "missing-file", "its symbolic links lead in a circle (ELOOP)"],
  ];
  for (const [name, code, message] of cases) {
    const error = await refusal(path(name));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
    expect(error.message).toContain(name);
  }
  expect((await refusal(pathToFileURL(path("missing.png")))).code).toBe("missing-file");
});

test.skipIf(process.platform === "win32")("C24: a FIFO and a device are refused at once", async () => {
  const fifo = join(folder, "fifo.png");
  execFileSync("mkfifo", [fifo]);
  for (const path of [fifo, "/dev/zero"]) {
    expect((await refusal(path)).message).toBe(
      `"${path}": this is not a file, expected a regular file, got a device, pipe or socket.`,
    );
  }
});

test("C24: data: URLs with bad base64 or none", async () => {
  for (const source of ["data:image/png;base64,iVBO*w0=", "data:image/png;base64,iVB", "data:image/png;base64,=AAA"]) {
    expect((await refusal(source)).message).toBe("data: URL: its data are not valid base64.");
  }
  for (const source of ["data:image/png,abc", "data:;base64", "data:"]) {
    expect((await refusal(source)).message).toContain("its form is not read");
  }
});

test("C24: a detached ArrayBuffer, and a view of one", async () => {
  const buffer = bytes.slice().buffer;
  const view = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  for (const source of [buffer, view]) {
    const { code, message } = await refusal(source);
    expect([code, message]).toEqual(["invalid-image", expect.stringContaining("their buffer was transferred")]);
  }
});

test("URLs of other kinds, and downloads without fetch", async () => {
  for (const source of ["ftp://example.com/a.png", "blob:nodedata:revoked", "javascript:0", "file://host/a.png"]) {
    expect((await refusal(source)).code).toBe("invalid-argument");
  }
  const { code, message } = await refusal(new URL("https://example.com/a.png"));
  expect(code).toBe("invalid-argument");
  expect(message).toBe(
    '"https://example.com/a.png": URLs are not downloaded. ' +
      "Fetch the bytes yourself and pass them, or pass the option fetch to loadImage() or loadClip().",
  );
  expect((await refusal(17 as unknown as string)).message).toContain(
    "expected a path, a URL, a Blob or bytes, got number",
  );
});

test("failed, endless and wrong downloads", async () => {
  const source = "https://example.com/a.png";
  const missing = await refusal(source, { fetch: respond("no", 404) });
  expect([missing.code, missing.message]).toEqual(["download", `"${source}": the download failed, got status 404.`]);
  const broken = await refusal(source, { fetch: () => Promise.reject(new TypeError("cut")) });
  expect([broken.code, broken.cause]).toEqual(["download", expect.any(TypeError)]);
  expect((await refusal(source, { fetch: respond("<html>") })).message).toContain("an HTML page");
  const chunk = new Uint8Array(2 ** 26);
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
  expect((await refusal(source, { fetch: respond(endless) })).message).toContain("expected at most 536870912 bytes");
});

test("an abort ends a download", async () => {
  const controller = new AbortController();
  const fetch: typeof globalThis.fetch = (_, init) =>
    new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const loading = refusal("https://example.com/a.png", { fetch, signal: controller.signal });
  controller.abort();
  expect((await loading).code).toBe("aborted");
  expect((await refusal(bytes, { signal: controller.signal })).code).toBe("aborted");
});
