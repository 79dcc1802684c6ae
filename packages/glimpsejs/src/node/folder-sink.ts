// savePretrained() on disk: each file is written beside its place and then moved there, so that no reader sees half.
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { GlimpseError, show } from "@glimpsejs/base";
import type { FileSink, SaveTarget } from "@glimpsejs/core";
import { unwritable } from "./unwritable.ts";

/**
 * Writes into `folder`, which is made if needed. Files of the same name are replaced. What the operating system
 * refuses is a "missing-file" error with its cause; nothing unfinished is left behind.
 */
export async function folderSink(target: SaveTarget): Promise<FileSink> {
  const folder = pathOf(target);
  await mkdir(folder, { recursive: true }).catch(unwritable(folder));
  return {
    async write(file, chunks) {
      const target = path.join(folder, file);
      const partial = `${target}.incomplete`;
      try {
        const handle = await open(partial, "w").catch(unwritable(target));
        try {
          for await (const chunk of chunks) await handle.writeFile(chunk).catch(unwritable(target));
          await handle.sync().catch(unwritable(target));
        } finally {
          await handle.close();
        }
        await rename(partial, target).catch(unwritable(target));
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined); // the error that counts is the first
        throw error;
      }
    },
  };
}

function pathOf(target: SaveTarget): string {
  if (typeof target === "string") return target;
  throw new GlimpseError(
    { subject: "savePretrained()", problem: "the folder is no path", expected: "a string", got: show(target) },
    { code: "invalid-argument" },
  );
}
