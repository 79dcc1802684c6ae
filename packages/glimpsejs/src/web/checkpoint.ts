// What a page can name as a checkpoint, opened.
import { GlimpseError, show } from "@glimpsejs/base";
import type { OpenOptions } from "@glimpsejs/core";
import { captionsFiles, clipCaptionsFiles } from "@glimpsejs/demo-model/files";
import type { CheckpointFiles } from "@glimpsejs/weights";
import { type OpenHubOptions, openDirectory, openFiles, openHub, openUrls } from "@glimpsejs/weights/web";

/**
 * A checkpoint in a browser: a Hub id such as "microsoft/git-base-coco", or "demo:captions" and "demo:clips"; the URL of a folder (absolute, or beginning
 * with "/", "./" or "../"); the URL of each file by name; the files of an input or a drop; a folder handle; or files that
 * are open already.
 */
export type WebSource =
  | string
  | URL
  | Readonly<Record<string, string | URL>>
  | Iterable<File>
  | FileSystemDirectoryHandle
  | CheckpointFiles;

/** Opens `source`; the bundled demo checkpoint when it is undefined. Throws "invalid-argument" for what is none of them. */
export async function openCheckpoint(
  source: WebSource | undefined,
  { revision, signal, onProgress }: OpenOptions,
  hub: Omit<OpenHubOptions, "revision" | "signal" | "onProgress">,
): Promise<CheckpointFiles> {
  const report = (p: { readonly file: string; readonly loaded: number; readonly total: number | undefined }) =>
    onProgress?.({ phase: "download", ...p });
  const site = { fetch: hub.fetch, signal, onProgress: report };
  // The weights have 7.7 MB: two requests instead of one for each of their 127 tensors.
  const bundled = { ...site, wholeUpTo: 2 ** 24 };
  if (source === undefined || source === "demo:captions") {
    return openUrls("demo checkpoint", captionsFiles, bundled);
  }
  if (source === "demo:clips") return openUrls("demo checkpoint for clips", clipCaptionsFiles, bundled);
  if (source instanceof URL) return openUrls(source.href, source, site);
  if (typeof source === "string") {
    if (/^(?:https?:|blob:|\.{0,2}\/)/.test(source)) return openUrls(source, source, site);
    return openHub(source, { ...hub, revision, signal, onProgress: report });
  }
  if (typeof source === "object" && source !== null) {
    if (isFiles(source)) return source;
    if (isDirectory(source)) return openDirectory(source);
    if (Symbol.iterator in source) return openFiles(source);
    if (isUrls(source)) return openUrls("checkpoint", source, site);
  }
  throw new GlimpseError(
    {
      subject: "checkpoint",
      problem: "this is nothing that can be opened",
      expected: 'an id such as "microsoft/git-base-coco", a URL, URLs by file name, files, or a folder handle',
      got: show(source),
    },
    { code: "invalid-argument" },
  );
}

function isFiles(source: object): source is CheckpointFiles {
  return "missingAdvice" in source && "source" in source;
}

function isDirectory(source: object): source is FileSystemDirectoryHandle {
  return "kind" in source && source.kind === "directory" && "getFileHandle" in source;
}

function isUrls(source: object): source is Readonly<Record<string, string | URL>> {
  return Object.values(source).every((url) => typeof url === "string" || url instanceof URL);
}
