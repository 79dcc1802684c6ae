// `npm run docs`: builds the site and serves it, until it is stopped. `--build` only builds.
import { createServer } from "node:http";
import path from "node:path";
import { ensureInstalled } from "../../../tooling/scripts/workspace.mjs";

ensureInstalled();
await import("./build.mjs");
if (!process.argv.includes("--build")) {
  const { serveFolder } = await import("./serve-folder.mjs");
  const server = createServer(serveFolder(path.resolve(import.meta.dirname, "../dist")));
  const wanted = Number(process.env.PORT ?? 4173);
  server.on("error", (error) => {
    if (error.code !== "EADDRINUSE") throw error;
    server.listen(0, "127.0.0.1");
  });
  server.on("listening", () => console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl+C stops it)`));
  server.listen(wanted, "127.0.0.1");
}
