// Serves static files as a plain web host would: types, index.html, 404; nothing outside of the folder.
import { createReadStream, existsSync, statSync } from "node:fs";
import path from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".txt": "text/plain; charset=utf-8",
  ".mp4": "video/mp4",
  ".webm": "video/webm",
};

/** A request handler for `folder`, below `prefix` ("/", or "/sub/" to try a sub-path). */
export function serveFolder(folder, prefix = "/") {
  return ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const file = pathname.startsWith(prefix)
      ? path.join(folder, decodeURIComponent(pathname.slice(prefix.length)))
      : "";
    const found = [file, path.join(file, "index.html")].find((f) => existsSync(f) && statSync(f).isFile());
    if (found === undefined || !found.startsWith(folder)) {
      response.writeHead(404, { "content-type": "text/plain" }).end("Not found");
      return;
    }
    response.writeHead(200, {
      "content-type": types[path.extname(found)] ?? "application/octet-stream",
      "content-length": statSync(found).size,
    });
    createReadStream(found).pipe(response);
  };
}
