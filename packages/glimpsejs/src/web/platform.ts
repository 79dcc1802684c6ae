// A browser as a platform: the Hub kept in the page's storage, files that the user chose, the browser's own decoders.
import type { BackendPlugin } from "@glimpsejs/backend";
import type { Platform } from "@glimpsejs/core";
import { type ImageSource, loadImage } from "@glimpsejs/processor/web";
import type { OpfsCache } from "@glimpsejs/weights/web";
import { browserBackend } from "./browser-backend.ts";
import { openCheckpoint, type WebSource } from "./checkpoint.ts";
import { directorySink } from "./directory-sink.ts";

/** What a browser platform is made with; the defaults are what load() uses. */
export interface WebPlatformOptions {
  /** The backend used when a call names none. Default: {@link browserBackend}. */
  readonly backend?: (() => BackendPlugin) | undefined;
  /** Used for all downloads. Default the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Address of the Hub. Default https://huggingface.co. */
  readonly endpoint?: string | undefined;
  /** Hub token for private checkpoints. Whoever uses the page can read it. */
  readonly token?: string | undefined;
  /** Where files of the Hub are kept; false keeps nothing. Default the page's private storage. */
  readonly cache?: OpfsCache | false | undefined;
}

/** A browser as a platform, on a page or in a worker. Opens nothing until it is asked. */
export function webPlatform(options: WebPlatformOptions = {}): Platform<WebSource> {
  const { backend = browserBackend, ...hub } = options;
  return {
    open: (source, open) => openCheckpoint(source, open, hub),
    sink: directorySink,
    backend,
    picture: (input, signal) => loadImage(input as ImageSource, { fetch: hub.fetch, signal }),
    // Browsers do not say how much memory a page may use.
    availableMemory: () => undefined,
  };
}
