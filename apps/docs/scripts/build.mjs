// `npm run docs`: the whole site as static files in apps/docs/dist. API pages, then guides and layout, then what runs in
// the page, then the index of the search, which is made from the finished pages.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import Eleventy from "@11ty/eleventy";
import sharp from "sharp";
import { build } from "vite";
import { writeApi } from "./api.mjs";
import { searchIndex } from "./search-index.mjs";

const site = path.resolve(import.meta.dirname, "..");
const root = path.resolve(site, "../..");
const dist = `${site}/dist`;

rmSync(dist, { recursive: true, force: true });
rmSync(`${site}/.generated`, { recursive: true, force: true });

const { errors, warnings } = await writeApi();
if (errors + warnings > 0) throw new Error(`API pages: ${errors} errors and ${warnings} warnings, listed above.`);

process.chdir(site); // Eleventy's folders are relative to the working folder
await new Eleventy("site", dist, { quietMode: true, configPath: "eleventy.config.js" }).write();

const sheets = readdirSync(`${site}/styles`).toSorted();
writeFileSync(`${dist}/assets/site.css`, sheets.map((file) => readFileSync(`${site}/styles/${file}`, "utf8")).join(""));

await build({
  root: site,
  configFile: false,
  logLevel: "warn",
  base: "./",
  publicDir: false,
  resolve: { conditions: ["@glimpsejs/source", "browser", "module", "import", "default"] },
  worker: { format: "es" },
  build: {
    outDir: `${dist}/assets`,
    emptyOutDir: false,
    target: "es2022",
    assetsDir: ".",
    // A data: URL would be blocked as a script and cannot be cached.
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      input: {
        site: "src/site.ts",
        glimpsejs: "src/glimpsejs.ts",
        samples: "src/samples.ts",
        "example-prelude": "src/example-prelude.ts",
      },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "chunk-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
// The first page shows small copies of the pictures, and thumbnails to choose from.
for (const [folder, size] of Object.entries({ shown: 576, thumbs: 112 })) {
  mkdirSync(`${dist}/assets/${folder}`);
  for (const file of readdirSync(`${root}/packages/demo-model/samples/pictures`)) {
    const copy = `${dist}/assets/${folder}/${path.parse(file).name}.webp`;
    await sharp(`${root}/packages/demo-model/samples/pictures/${file}`).resize(size).webp({ quality: 82 }).toFile(copy);
  }
}
for (const kind of ["pictures", "clips"]) {
  cpSync(`${root}/packages/demo-model/samples/${kind}`, `${dist}/assets/${kind}`, { recursive: true });
}

const pages = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith(".html"));
const index = pages.flatMap((file) => searchIndex(file, readFileSync(path.join(dist, file), "utf8")));
writeFileSync(`${dist}/assets/search.json`, JSON.stringify(index));
console.log(`${pages.length} pages and ${index.length} entries of the search in apps/docs/dist`);
