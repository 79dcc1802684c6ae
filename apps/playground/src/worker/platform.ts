// This page as a platform for a model: its pictures, and the checkpoint that somebody chose.
import { reference } from "@glimpsejs/backend-reference";
import { GlimpseError } from "@glimpsejs/base";
import type { Platform } from "@glimpsejs/core";
import { type ImageSource, loadImage } from "@glimpsejs/processor/web";
import type { Source } from "../port/protocol.ts";
import { openSource } from "./checkpoint.ts";

/** The platform of a source. */
export function platform(source: Source, { signal }: { readonly signal: AbortSignal }): Platform {
  return {
    open: (_, { onProgress }) =>
      openSource(source, { signal, onProgress: (progress) => onProgress?.({ phase: "download", ...progress }) }),
    sink: () =>
      Promise.reject(
        new GlimpseError({ subject: "savePretrained()", problem: "a tab has no folders" }, { code: "unsupported" }),
      ),
    backend: reference,
    picture: (input, signal) => loadImage(input as ImageSource, { signal }),
    availableMemory: () => undefined,
  };
}
