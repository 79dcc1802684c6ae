// A browser as a platform, as far as the bundled checkpoints need one.
import { reference } from "@glimpsejs/backend-reference";
import { GlimpseError } from "@glimpsejs/base";
import type { Platform } from "@glimpsejs/core";
import { type Picture, toPicture } from "@glimpsejs/processor";
import { bytesSource, type CheckpointFiles, checkpointFiles } from "@glimpsejs/weights";
import type { Source } from "../port/protocol.ts";

/** What a person calls a checkpoint. */
export function checkpointName(source: Source): string {
  if (source.kind === "demo") return "Demo checkpoint";
  if (source.kind === "demo-clips") return "Demo checkpoint for clips";
  return source.kind === "hub" ? source.id : source.name;
}

/** The platform of a source. */
export function platform(source: Source): Platform {
  return {
    open: async (_, { signal, onProgress }) => {
      const tell = (file: string, loaded: number, total: number | undefined) =>
        onProgress?.({ phase: "download", file, loaded, total });
      if (source.kind === "folder") return fileList(source.name, source.files);
      if (source.kind === "hub") throw unsupported(`checkpoint "${source.id}"`, "downloads are not part of this build");
      return staticFiles(source.kind === "demo" ? "captions" : "clip-captions", signal, tell);
    },
    sink: () => Promise.reject(unsupported("savePretrained()", "a browser has no folders to write to")),
    backend: reference,
    picture: decode,
    availableMemory: () => undefined,
  };
}

function unsupported(subject: string, problem: string): GlimpseError {
  return new GlimpseError({ subject, problem }, { code: "unsupported" });
}

function fileList(name: string, files: readonly File[]): CheckpointFiles {
  const byName = new Map(files.map((file) => [file.name, file]));
  return checkpointFiles({
    name,
    list: async () => [...byName.keys()],
    async source(file) {
      const found = byName.get(file);
      if (found === undefined) return undefined;
      return {
        name: `${name}/${file}`,
        size: found.size,
        read: async (offset, length) => new Uint8Array(await found.slice(offset, offset + length).arrayBuffer()),
      };
    },
    missingAdvice: () => "Choose a folder that holds a GIT checkpoint.",
    dispose: async () => undefined,
  });
}

function staticFiles(
  folder: string,
  signal: AbortSignal | undefined,
  tell: (file: string, loaded: number, total: number | undefined) => void,
): CheckpointFiles {
  return checkpointFiles({
    name: folder,
    list: async () => [],
    async source(file) {
      const response = await fetch(new URL(`demo/models/${folder}/${file}`, new URL("..", globalThis.location.href)), {
        ...(signal && { signal }),
      });
      if (response.status === 404) return undefined;
      const total = Number(response.headers.get("content-length")) || undefined;
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      let loaded = 0;
      const reader = response.body?.getReader();
      for (let step = await reader?.read(); step && !step.done; step = await reader?.read()) {
        chunks.push(step.value);
        loaded += step.value.length;
        tell(file, loaded, total);
      }
      return bytesSource(file, new Uint8Array(await new Blob(chunks).arrayBuffer()));
    },
    missingAdvice: () => "Reload the page.",
    dispose: async () => undefined,
  });
}

async function decode(input: unknown): Promise<Picture> {
  if (!(input instanceof Blob)) return toPicture(input as Picture);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(input, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch (cause) {
    throw new GlimpseError(
      {
        subject: input instanceof File ? input.name : "picture",
        problem: "it cannot be decoded",
        expected: "a picture that this browser can show",
        got: `${input.size} bytes of ${input.type || "unknown type"}`,
      },
      { code: "invalid-image", cause },
    );
  }
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return toPicture(context?.getImageData(0, 0, width, height) ?? { width, height, data: new Uint8Array() });
}
