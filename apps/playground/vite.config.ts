// Builds the playground as static files: the page, its worker, the demo checkpoints and samples, and a service worker that
// knows the names of all of them.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { defineConfig, type HtmlTagDescriptor, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Asks for the fonts before the style sheet does, so that the first text is already set in them. */
function preloadedFonts(): Plugin {
  return {
    name: "preloaded-fonts",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle = {} }): HtmlTagDescriptor[] {
        return Object.keys(bundle)
          .filter((file) => file.endsWith(".woff2"))
          .map((file) => ({
            tag: "link",
            attrs: { rel: "preload", href: `./${file}`, as: "font", type: "font/woff2", crossorigin: "" },
            injectTo: "head",
          }));
      },
    },
  };
}

/** Writes the list of all built files, and a hash of them, into the service worker. */
function serviceWorker(): Plugin {
  let dir = "";
  return {
    name: "service-worker",
    apply: "build",
    configResolved({ root, build }) {
      dir = path.resolve(root, build.outDir);
    },
    closeBundle: {
      order: "post",
      handler() {
        const files = readdirSync(dir, { recursive: true })
          .map((file) => String(file).replaceAll(path.sep, "/"))
          .filter((file) => statSync(path.join(dir, file)).isFile() && !leftOut.test(file))
          .sort();
        const hash = createHash("sha256");
        for (const file of files) hash.update(file).update(readFileSync(path.join(dir, file)));
        const code = readFileSync(path.join(here, "src/service-worker.js"), "utf8")
          .replace('"FILES"', JSON.stringify(files))
          .replace("VERSION", hash.digest("hex").slice(0, 16));
        writeFileSync(path.join(dir, "service-worker.js"), code);
      },
    },
  };
}

/** Not kept for offline use at once: the worker itself, server files, runtimes of tens of megabytes. */
const leftOut = /^(service-worker\.js|_headers|.*\.map)$|\.wasm$/;

// Sources of the packages, or with TEST_BUILT=1 what is published.
const conditions = [
  ...(process.env["TEST_BUILT"] === "1" ? [] : ["@glimpsejs/source"]),
  "browser",
  "import",
  "default",
];

export default defineConfig({
  root: here,
  base: "./",
  resolve: { conditions },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, sourcemap: false },
  worker: { format: "es" },
  plugins: [preloadedFonts(), serviceWorker()],
});
