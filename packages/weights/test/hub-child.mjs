// A process that loads one file through the Hub cache, for tests with several processes and with kill -9.
// Arguments: URL of the module with openHub, endpoint, cache folder, file, and "hang-at-sync" to stop where a file is
// complete but not yet under its final name. Prints a line when it starts, when it hangs, and with what it got.
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createViteServer } from "vitest/node";

const [moduleUrl = "", endpoint, cacheDir, file = "", mode] = process.argv.slice(2);

/** Sources are TypeScript and need a loader; the built package does not. */
async function load() {
  if (moduleUrl.endsWith(".js")) return import(moduleUrl);
  const conditions = ["@glimpsejs/source", "node", "import", "default"];
  const server = await createViteServer({
    configFile: false,
    logLevel: "error",
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    ssr: { resolve: { conditions, externalConditions: conditions } },
  });
  return server.ssrLoadModule(fileURLToPath(moduleUrl));
}

const { openHub } = await load();
if (mode === "hang-at-sync") {
  const handle = await open(fileURLToPath(import.meta.url));
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  prototype.sync = () => {
    console.log("hanging");
    return new Promise(() => setInterval(() => {}, 1000));
  };
}
console.log("started");
const files = await openHub("org/name", { endpoint, cacheDir, env: {} });
const source = await files.source(file);
const bytes = await source.read(0, source.size);
console.log(`got ${bytes.length} ${bytes.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 0)}`);
process.exit(0);
