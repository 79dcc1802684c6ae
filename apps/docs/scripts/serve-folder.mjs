// Serves static files as a plain web host would: types, index.html, gzip, 404; nothing outside of the folder.
import { createReadStream, existsSync, statSync } from "node:fs";
import path from "node:path";
import { createGzip } from "node:zlib";

const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".jpg": "image/jpeg",
  ".txt": "text/plain; charset=utf-8",
  ".mp4": "video/mp4",
  ".webm": "video/webm",
};

/** A request handler for `folder`, below `prefix` ("/", or "/sub/" to try a sub-path). */
export function serveFolder(folder, prefix = "/") {
  return ({ url = "/", headers }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const file = pathname.startsWith(prefix)
      ? path.join(folder, decodeURIComponent(pathname.slice(prefix.length)))
      : "";
    const found = [file, path.join(file, "index.html")].find((f) => existsSync(f) && statSync(f).isFile());
    if (found === undefined || !found.startsWith(folder)) {
      response.writeHead(404, { "content-type": "text/plain" }).end("Not found");
      return;
    }
    const type = types[path.extname(found)] ?? "application/octet-stream";
    if (/^text|json|svg/.test(type) && /\bgzip\b/.test(headers["accept-encoding"] ?? "")) {
      response.writeHead(200, { "content-type": type, "content-encoding": "gzip", vary: "accept-encoding" });
      createReadStream(found).pipe(createGzip()).pipe(response);
      return;
    }
    response.writeHead(200, { "content-type": type, "content-length": statSync(found).size });
    createReadStream(found).pipe(response);
  };
}
