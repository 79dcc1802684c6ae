// Keeps the page for offline use. The build writes the list of files and a hash of them into this file. Everything but
// large runtimes is fetched when it is installed; those are kept when they are first used. The page itself comes from
// the network when there is one, so that a new version is seen at once; files, whose names carry their hash or whose
// version is this worker's, come from the cache.
const files = "FILES";
const cacheName = "glimpse-playground-VERSION";

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(cacheName);
      await cache.addAll(["./", ...files.map((file) => new Request(file, { cache: "no-cache" }))]);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((name) => name.startsWith("glimpse-playground-") && name !== cacheName);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  event.respondWith(request.mode === "navigate" ? page(request) : file(request, url));
});

async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(cacheName)).match("./");
    if (kept === undefined) throw error;
    return kept;
  }
}

async function file(request, url) {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(url.pathname, { ignoreSearch: true });
  if (kept !== undefined) return request.headers.has("range") ? part(request, kept) : kept;
  const response = await fetch(request);
  if (response.status === 200 && url.pathname.endsWith(".wasm")) await cache.put(url.pathname, response.clone());
  return response;
}

/** The bytes that a Range header asks for; a cache keeps only whole files. */
async function part(request, response) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  const body = await response.blob();
  const first = Number(match?.[1]);
  const last = match?.[2] ? Math.min(Number(match[2]), body.size - 1) : body.size - 1;
  if (match === null || first > last) return new Response(null, { status: 416 });
  const headers = new Headers(response.headers);
  headers.set("content-range", `bytes ${first}-${last}/${body.size}`);
  headers.set("content-length", String(last - first + 1));
  return new Response(body.slice(first, last + 1), { status: 206, statusText: "Partial Content", headers });
}
