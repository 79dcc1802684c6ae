import type { RequestListener } from "node:http";

/** A request handler for `folder`, below `prefix` ("/", or "/sub/" to try a sub-path). */
export function serveFolder(folder: string, prefix?: string): RequestListener;
