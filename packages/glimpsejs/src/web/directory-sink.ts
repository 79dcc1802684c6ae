// savePretrained() in a browser: into a folder that the user chose, or one of the page's private storage.
import { GlimpseError, show } from "@glimpsejs/base";
import type { FileSink, SaveTarget } from "@glimpsejs/core";

/**
 * Writes into the folder behind a handle. A file is seen when it is whole; files of the same name are replaced. Throws
 * "invalid-argument" for a path, which a page cannot write to, and "missing-file" for what the browser refuses.
 */
export async function directorySink(target: SaveTarget): Promise<FileSink> {
  if (!isHandle(target)) {
    throw new GlimpseError(
      {
        subject: "savePretrained()",
        problem: "a page cannot write to a path",
        expected: "a handle from showDirectoryPicker() or navigator.storage.getDirectory()",
        got: show(target),
      },
      { code: "invalid-argument" },
    );
  }
  return {
    async write(file, chunks) {
      const subject = `${target.name}/${file}`;
      const handle = await target.getFileHandle(file, { create: true }).catch(unwritable(subject));
      const writable = await handle.createWritable().catch(unwritable(subject));
      try {
        for await (const chunk of chunks) await writable.write(Uint8Array.from(chunk)).catch(unwritable(subject));
      } catch (error) {
        await writable.abort().catch(() => undefined); // the error that counts is the first
        throw error;
      }
      await writable.close().catch(unwritable(subject));
    },
  };
}

function isHandle(target: SaveTarget): target is FileSystemDirectoryHandle {
  return typeof target === "object" && "getFileHandle" in target;
}

function unwritable(subject: string): (cause: unknown) => never {
  return (cause) => {
    throw new GlimpseError(
      { subject, problem: "it cannot be written", got: cause instanceof Error ? cause.message : String(cause) },
      { code: "missing-file", cause },
    );
  };
}
