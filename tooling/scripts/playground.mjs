// `npm run playground`: builds the playground and serves it on this machine until it is stopped.
//   --port N         default 4173
//   --no-isolation   without the headers COOP and COEP, as on hosts that cannot set them: WebAssembly has one thread
import { parseArgs } from "node:util";
import { ensureInstalled, root, run } from "./workspace.mjs";

const { values } = parseArgs({
  options: { port: { type: "string" }, isolation: { type: "boolean" } },
  allowNegative: true,
});
ensureInstalled();
run("node", [
  `${root}/apps/playground/node_modules/vite/bin/vite.js`,
  "build",
  `${root}/apps/playground`,
  "--logLevel",
  "warn",
]);
const { servePlayground } = await import(new URL("apps/playground/server.mjs", `file://${root}`).href);
const { url } = await servePlayground({ port: Number(values.port ?? 4173), isolated: values.isolation ?? true });
console.log(`\nThe playground is at ${url}  (Ctrl+C stops it)`);
