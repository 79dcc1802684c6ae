// Looks before the runtime does, whose own words for what is wrong are "failed to fetch": whether the page may compile
// WebAssembly or has a GPU, and whether the runtime's files are where they should be, with the headers they need.
import type { OrtWebProvider, OrtWebUrls } from "./ort-web.ts";

/** What is wrong, without its subject. */
export interface Found {
  readonly problem: string;
  readonly expected?: string;
  readonly got?: string;
  readonly advice?: string;
}

// (module (func (result v128) i32.const 0 i8x16.splat)), as bytes.
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
);

/** What this page or browser lacks. */
export async function problemOfPage(provider: OrtWebProvider): Promise<Found | undefined> {
  if (typeof WebAssembly === "undefined") return { problem: "there is no WebAssembly here" };
  if (!WebAssembly.validate(simdModule)) return { problem: "the browser's WebAssembly has no SIMD" };
  try {
    await WebAssembly.compile(simdModule);
  } catch (error) {
    return {
      problem: "the page may not compile WebAssembly",
      got: error instanceof Error ? error.message : String(error),
      advice: "Add 'wasm-unsafe-eval' to script-src in its Content-Security-Policy.",
    };
  }
  if (provider === "wasm") return undefined;
  const gpu = typeof navigator === "undefined" ? undefined : navigator.gpu;
  if (gpu === undefined) {
    return {
      problem: "there is no WebGPU here",
      advice: "It needs a recent browser and a secure page (https or localhost).",
    };
  }
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter === null ? { problem: "WebGPU has no adapter for this machine's GPU" } : undefined;
}

/** What is wrong with the runtime's files. In Node there are none to fetch. */
export async function problemOfUrls(urls: OrtWebUrls | undefined): Promise<Found | undefined> {
  if (typeof location === "undefined") return undefined;
  if (urls === undefined) {
    return {
      problem: "nobody said where the runtime's files are",
      expected: "the option urls",
      advice: 'With a bundler: import { wasmUrls } from "@glimpsejs/backend-ort-web/assets".',
    };
  }
  const script = /^(?:text|application)\/(?:x-)?(?:java|ecma)script\b/i;
  return (
    (await problemOf(absoluteUrl(urls.mjs), script, "text/javascript")) ??
    (await problemOf(absoluteUrl(urls.wasm), /^application\/wasm\b/i, "application/wasm"))
  );
}

/** An address as the page means it; one without an address of its own, in a frame, has that of the page around it. */
export function absoluteUrl(url: string | URL): URL {
  return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
}

async function problemOf(url: URL, type: RegExp, expectedType: string): Promise<Found | undefined> {
  const elsewhere = url.origin !== globalThis.origin;
  let response: Response;
  try {
    response = await head(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      problem: `the file ${url.href} cannot be fetched`,
      got: `"${reason}"`,
      advice: elsewhere
        ? "Its server must send Access-Control-Allow-Origin, and on an isolated page Cross-Origin-Resource-Policy: cross-origin; connect-src of the page must allow it."
        : "Check that it is there and that connect-src in the page's Content-Security-Policy allows it.",
    };
  }
  if (!response.ok) {
    return {
      problem: `the file ${url.href} is not there`,
      got: `HTTP ${response.status}`,
      advice: "Copy it from the folder dist of the package onnxruntime-web.",
    };
  }
  const got = response.headers.get("content-type") ?? "none";
  if (type.test(got)) return undefined;
  return {
    problem: `the file ${url.href} comes with the wrong header Content-Type`,
    expected: expectedType,
    got,
    advice: /html/i.test(got)
      ? "The server sent a page in its place: copy the file from the folder dist of the package onnxruntime-web."
      : "Set it in the configuration of the server.",
  };
}

/** The headers of a file, also from servers that know no HEAD. */
async function head(url: URL): Promise<Response> {
  const response = await fetch(url, { method: "HEAD" });
  if (response.status !== 405 && response.status !== 501) return response;
  const whole = await fetch(url);
  await whole.body?.cancel();
  return whole;
}
