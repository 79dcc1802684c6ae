// A server that behaves like the Hugging Face Hub, for tests: the API for revisions and file lists, /resolve with
// redirects of large files to a second host, ranges, ETags, error codes; and faults that a test scripts. Only on the
// loopback interface, only in memory. Not part of the published package.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** Files of one revision by name. */
export type RevisionFiles = Readonly<Record<string, Uint8Array | string>>;

/** A repository by revision ("main", "refs/pr/1", a tag). */
export interface HubRepo {
  readonly revisions: Readonly<Record<string, RevisionFiles>>;
  /** Files need a token; the API does not. */
  readonly gated?: boolean;
  /** Everything needs a token. */
  readonly private?: boolean;
  /** Files of at least so many bytes are stored as LFS objects, on the second host. Default 10,000. */
  readonly lfsBytes?: number;
}

/** What a request was. */
export interface SeenRequest {
  /** "hub" or the second host, "cdn". */
  readonly host: "hub" | "cdn";
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

/** What goes wrong with one answer. Parts that are left out stay as they are. */
export interface Fault {
  readonly status?: number;
  /** Added to the answer; an undefined one is left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Served in place of the file. */
  readonly body?: Uint8Array | string;
  /** Close the connection after so many bytes of the body; the client may not get to see the last of them. */
  readonly cutAfter?: number;
  /** Send so many bytes of the body, then nothing more. */
  readonly stallAfter?: number;
  /** Send the body in pieces of so many bytes, one every 5 ms. */
  readonly drip?: number;
  /** Answer 200 with the whole file to a request for a range. */
  readonly noRanges?: boolean;
  /** ETag of the body in place of its digest; If-Range is judged by it. */
  readonly etag?: string;
}

/** A running server. */
export interface HubServer {
  /** For HF_ENDPOINT. */
  readonly endpoint: string;
  /** Every request so far, oldest first. */
  readonly seen: SeenRequest[];
  /** Asked before every answer. */
  fault: (request: SeenRequest) => Fault | undefined;
  repos: Record<string, HubRepo>;
  /** Requests for the bytes of files: those to the second host, and of small files. */
  downloads(): SeenRequest[];
  close(): Promise<void>;
}

/** The token that opens private and gated repositories. */
export const goodToken = "hf_goodToken";

const cors = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "X-Repo-Commit, X-Error-Code, ETag, Link, Accept-Ranges, Content-Range",
};

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Git object id. */
  readonly oid: string;
  /** SHA-256, for LFS objects. */
  readonly sha256: string | undefined;
}

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Git's object id of a file. */
export function gitOid(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
}

/** The commit that the server gives a revision: a hash of its files. */
export function commitOf(files: RevisionFiles): string {
  const hash = createHash("sha1");
  for (const [name, content] of Object.entries(files)) hash.update(name).update(content);
  return hash.digest("hex");
}

/** Starts a server. */
export async function startHub(repos: Record<string, HubRepo>): Promise<HubServer> {
  const seen: SeenRequest[] = [];
  const handler = (host: SeenRequest["host"]) => (request: IncomingMessage, response: ServerResponse) => {
    const entry: SeenRequest = {
      host,
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
    };
    seen.push(entry);
    // Pages of other origins may read the Hub: it answers as the real one does.
    if (entry.method === "OPTIONS") {
      response.writeHead(204, { ...cors, "access-control-allow-headers": "authorization, range" }).end();
      return;
    }
    const fault = server.fault(entry) ?? {};
    const reply = host === "hub" ? answerHub(server, cdnOrigin, entry, fault) : answerCdn(server, entry, fault);
    send(response, request.method === "HEAD", reply, fault);
  };
  const hub = createServer(handler("hub"));
  const cdn = createServer(handler("cdn"));
  const [hubOrigin, cdnOrigin] = await Promise.all([listen(hub), listen(cdn)]);
  const server: HubServer = {
    endpoint: hubOrigin,
    seen,
    fault: () => undefined,
    repos,
    downloads: () => seen.filter((r) => r.host === "cdn" || (r.path.includes("/resolve/") && isSmall(server, r))),
    async close() {
      for (const each of [hub, cdn]) {
        each.closeAllConnections();
        await new Promise((done) => each.close(done));
      }
    },
  };
  return server;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

function isSmall(server: HubServer, request: SeenRequest): boolean {
  const target = parseResolve(request.path);
  return target !== undefined && findEntry(server, target.id, target.revision, target.file)?.sha256 === undefined;
}

function parseResolve(path: string) {
  const match = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/([^?]+)/.exec(path);
  if (match === null) return undefined;
  const [, id = "", revision = "", file = ""] = match;
  return { id, revision: decodeURIComponent(revision), file: decodeURIComponent(file) };
}

function entriesOf(server: HubServer, id: string, revision: string): { commit: string; entries: Entry[] } | undefined {
  const repo = server.repos[id];
  if (repo === undefined) return undefined;
  const all = Object.entries(repo.revisions);
  const files = (all.find(([name]) => name === revision) ?? all.find(([, f]) => commitOf(f) === revision))?.[1];
  if (files === undefined) return undefined;
  const entries = Object.entries(files).map(([path, content]) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const large = bytes.byteLength >= (repo.lfsBytes ?? 10_000);
    return { path, bytes, oid: gitOid(bytes), sha256: large ? sha256(bytes) : undefined };
  });
  return { commit: commitOf(files), entries };
}

function findEntry(server: HubServer, id: string, revision: string, file: string): Entry | undefined {
  return entriesOf(server, id, revision)?.entries.find((entry) => entry.path === file);
}

function answerHub(server: HubServer, cdn: string, request: SeenRequest, fault: Fault): Reply {
  const refuse = (status: number, code: string): Reply => ({
    status,
    headers: { "x-error-code": code },
    body: `{"error":"${code}"}`,
  });
  const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/?]+)/.exec(request.path);
  const file = parseResolve(request.path);
  const id = api?.[1] ?? file?.id ?? "";
  const revision = file?.revision ?? decodeURIComponent(api?.[3] ?? "");
  const repo = server.repos[id];
  const authorized = request.headers.authorization === `Bearer ${goodToken}`;
  if (repo === undefined || (repo.private && !authorized)) return refuse(401, "RepoNotFound");
  const found = entriesOf(server, id, revision);
  if (found === undefined) return refuse(404, "RevisionNotFound");
  const { commit, entries } = found;
  if (api?.[2] === "revision") {
    const siblings = entries.map((entry) => ({ rfilename: entry.path }));
    const lastModified = "2024-01-01T00:00:00.000Z";
    const body = JSON.stringify({ _id: "1", id, sha: commit, siblings, lastModified });
    return { status: 200, headers: {}, body };
  }
  if (api !== null) {
    // Two entries a page, so that paging is used.
    const page = Number(new URL(request.path, server.endpoint).searchParams.get("page") ?? 0);
    const next = `<${server.endpoint}/api/models/${id}/tree/${revision}?page=${page + 1}>; rel="next"`;
    const body = entries.slice(page * 2, page * 2 + 2).map(({ path, bytes, oid, sha256 }) => ({
      type: "file",
      path,
      oid,
      size: bytes.byteLength,
      ...(sha256 && { lfs: { oid: sha256, size: bytes.byteLength, pointerSize: 134 } }),
    }));
    const headers = entries.length > page * 2 + 2 ? { link: next } : {};
    return { status: 200, headers, body: JSON.stringify(body) };
  }
  if (repo.gated && !authorized) return refuse(401, "GatedRepo");
  const entry = entries.find((each) => each.path === file?.file);
  if (entry === undefined) return refuse(404, "EntryNotFound");
  const headers = { "x-repo-commit": commit };
  if (entry.sha256 === undefined) return fileReply(request, fault, entry.bytes, entry.oid, headers);
  const linked = {
    "x-linked-etag": `"${entry.sha256}"`,
    "x-linked-size": String(entry.bytes.byteLength),
    location: `${cdn}/${id}/${entry.sha256}?signature=1`,
  };
  return { status: 302, headers: { ...headers, ...linked }, body: "Found. Redirecting" };
}

function answerCdn(server: HubServer, request: SeenRequest, fault: Fault): Reply {
  const digest = /([0-9a-f]{64})/.exec(request.path)?.[1];
  for (const [id, repo] of Object.entries(server.repos)) {
    for (const revision of Object.keys(repo.revisions)) {
      const entry = entriesOf(server, id, revision)?.entries.find((each) => each.sha256 === digest);
      if (entry !== undefined) return fileReply(request, fault, entry.bytes, entry.sha256 ?? "", {});
    }
  }
  return { status: 404, headers: {}, body: "no such object" };
}

function fileReply(
  request: SeenRequest,
  fault: Fault,
  bytes: Uint8Array,
  digest: string,
  headers: Readonly<Record<string, string>>,
): Reply {
  const etag = fault.etag ?? `"${digest}"`;
  const whole = { ...headers, etag, "accept-ranges": "bytes", "content-type": "application/octet-stream" };
  const range = /^bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "");
  const condition = request.headers["if-range"];
  if (range === null || fault.noRanges || (condition !== undefined && condition !== etag)) {
    return { status: 200, headers: whole, body: bytes };
  }
  const start = Number(range[1]);
  const size = bytes.byteLength;
  if (start >= size) return { status: 416, headers: { "content-range": `bytes */${size}` }, body: "" };
  const end = Math.min(size, range[2] === "" ? size : Number(range[2]) + 1);
  const part = { ...whole, "content-range": `bytes ${start}-${end - 1}/${size}` };
  return { status: 206, headers: part, body: bytes.subarray(start, end) };
}

function send(response: ServerResponse, onlyHead: boolean, reply: Reply, fault: Fault): void {
  const content = fault.body ?? reply.body;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const all = { ...cors, "content-length": String(bytes.byteLength), ...reply.headers, ...fault.headers };
  const headers = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  response.writeHead(fault.status ?? reply.status, headers);
  if (onlyHead) response.end();
  else if (fault.stallAfter !== undefined) response.write(bytes.subarray(0, fault.stallAfter));
  else if (fault.drip !== undefined) drip(response, bytes, fault.drip);
  else if (fault.cutAfter !== undefined) {
    response.write(bytes.subarray(0, fault.cutAfter), () => setTimeout(() => response.destroy(), 10));
  } else response.end(bytes);
}

function drip(response: ServerResponse, bytes: Uint8Array, step: number): void {
  let at = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(at, at + step));
    at += step;
    if (at >= bytes.byteLength) response.end();
  }, 5);
  response.on("close", () => clearInterval(timer));
}
