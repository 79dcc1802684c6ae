// A server of static files for the built playground: the headers that a real host would send, read from dist/_headers,
// and nothing else. Without isolation it leaves out COOP and COEP, as many hosts do.
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".mp4": "video/mp4",
  ".webm": "video/webm",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** The folder that `vite build` writes. */
export const dist = fileURLToPath(new URL("dist", import.meta.url));

/**
 * Serves `folder` on the loopback interface and resolves to { url, close }.
 * @param {{ folder?: string, port?: number, isolated?: boolean }} options
 */
export async function servePlayground({ folder = dist, port = 0, isolated = true } = {}) {
  const headers = readHeaders(path.join(folder, "_headers")).filter(
    ([name]) => isolated || !/^cross-origin-(opener|embedder)-policy$/i.test(name),
  );
  const server = createServer((request, response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    const file = fileOf(folder, request.url ?? "/");
    if (file === undefined) return void response.writeHead(404).end();
    const { size } = statSync(file);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const first = range === null ? 0 : Number(range[1]);
    const last = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
    if (first > last && size > 0) return void response.writeHead(416).end();
    response.setHeader("Content-Type", types[path.extname(file)] ?? "application/octet-stream");
    response.setHeader(
      "Cache-Control",
      file.includes(`${path.sep}assets${path.sep}`) ? "max-age=31536000, immutable" : "no-cache",
    );
    response.setHeader("Accept-Ranges", "bytes");
    response.setHeader("Content-Length", last - first + 1);
    if (range !== null) response.setHeader("Content-Range", `bytes ${first}-${last}/${size}`);
    response.writeHead(range === null ? 200 : 206);
    if (request.method === "HEAD" || size === 0) return void response.end();
    // A page that goes away mid-file is nothing to report.
    pipeline(createReadStream(file, { start: first, end: last }), response, () => undefined);
  });
  await new Promise((resolve, reject) =>
    server.once("error", reject).listen(port, "127.0.0.1", () => resolve(undefined)),
  );
  const address = server.address();
  const url = `http://localhost:${typeof address === "object" ? address?.port : port}/`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function fileOf(folder, url) {
  try {
    const name = decodeURIComponent(new URL(url, "http://localhost").pathname);
    const file = path.join(folder, name.endsWith("/") ? `${name}index.html` : name);
    return file.startsWith(folder + path.sep) && statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The headers of a `_headers` file, the format of several static hosts. */
function readHeaders(file) {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => /^\s+\S+:/.test(line))
    .map((line) => /^\s+([^:]+):\s*(.*)$/.exec(line)?.slice(1) ?? []);
}
