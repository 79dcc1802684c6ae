// How large the raw WebGPU backend is in a browser, bundled and minified as Vite does it: with all of core and everything
// that core needs (readers of weights, tokenizer, pixels, schemas), and what the packages of this backend and core
// themselves are of that.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

/** What a page loads at once, and everything that it may load, with `external` packages left out. */
async function bundle(external: readonly RegExp[]): Promise<{ readonly loaded: string; readonly all: string }> {
  const folder = mkdtempSync(path.join(fileURLToPath(new URL(".", import.meta.url)), "size-"));
  try {
    const entry = path.join(folder, "entry.js");
    writeFileSync(entry, 'export * from "@glimpsejs/core";\nexport * from "@glimpsejs/backend-webgpu";\n');
    const result = await build({
      root: folder,
      configFile: false,
      logLevel: "silent",
      resolve: { conditions: ["@glimpsejs/source", "browser", "import", "default"] },
      // Not as a library, whose white space Vite keeps.
      build: {
        write: false,
        minify: true,
        rollupOptions: { input: entry, preserveEntrySignatures: "strict", external: [...external] },
      },
    });
    const outputs = (Array.isArray(result) ? result : [result]).flatMap((r) => ("output" in r ? r.output : []));
    // The vocabulary of BERT is a chunk that is fetched if a checkpoint has none.
    const chunks = new Map(outputs.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file] as const] : [])));
    const loaded = new Set(outputs.flatMap((file) => (file.type === "chunk" && file.isEntry ? [file.fileName] : [])));
    for (const name of loaded) for (const next of chunks.get(name)?.imports ?? []) loaded.add(next);
    return {
      loaded: [...loaded].map((name) => chunks.get(name)?.code ?? "").join("\n"),
      all: outputs.map((file) => (file.type === "chunk" ? file.code : file.fileName)).join("\n"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const kilobytes = (code: string) => gzipSync(code, { level: 9 }).length / 1000;

test("core, wgsl and backend-webgpu are at most 80 kB gzipped, with what they need at most 100, without WebAssembly", async () => {
  const own = await bundle([/^@glimpsejs\/(?!core$|backend-webgpu$|wgsl$)/]);
  const whole = await bundle([]);
  const sizes = { own: kilobytes(own.loaded), whole: kilobytes(whole.loaded) };
  console.info(`gzipped: ${sizes.own.toFixed(1)} kB, with all that they need ${sizes.whole.toFixed(1)} kB`);
  expect(sizes.own).toBeLessThanOrEqual(80);
  expect(sizes.own).toBeGreaterThan(20);
  expect(sizes.whole).toBeLessThanOrEqual(100);
  expect(whole.all).not.toMatch(/WebAssembly|\.wasm/);
}, 60_000);
