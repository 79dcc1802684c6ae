// savePretrained() on disk: each file is written beside its place and then moved there, so that no reader sees half.
import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { FileSink } from "@glimpsejs/core";

/** Writes into `folder`, which is made if needed. Files of the same name are replaced. */
export async function folderSink(folder: string): Promise<FileSink> {
  await mkdir(folder, { recursive: true });
  return {
    async write(file, chunks) {
      const target = path.join(folder, file);
      const partial = `${target}.incomplete`;
      const handle = await open(partial, "w");
      try {
        for await (const chunk of chunks) await handle.writeFile(chunk);
        await handle.sync();
      } catch (error) {
        await handle.close();
        await rm(partial, { force: true });
        throw error;
      }
      await handle.close();
      await rename(partial, target);
    },
  };
}
