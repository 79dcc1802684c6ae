// A local folder as the files of a checkpoint. Downloads nothing and writes nothing.
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { type CheckpointFiles, checkpointFiles } from "../hub/files.ts";
import { errnoOf, unlessMissing } from "./errno.ts";
import { fileSource } from "./file-source.ts";

/** Opens a folder that holds a checkpoint. Throws "missing-file" if there is no such folder or it cannot be read. */
export async function openFolder(path: string): Promise<CheckpointFiles> {
  await listFolder(path);
  let disposed = false;
  const checkOpen = () => {
    if (disposed) throw new DisposedError(path);
  };
  return checkpointFiles({
    name: path,
    async list() {
      checkOpen();
      return listFolder(path);
    },
    async source(file) {
      checkOpen();
      const full = join(path, file);
      // A link whose target is gone is there, and opening it says what is wrong.
      return (await unlessMissing(lstat(full))) && fileSource(full);
    },
    missingAdvice: () => "Name a folder that holds a GIT checkpoint.",
    async dispose() {
      disposed = true;
    },
  });
}

async function listFolder(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (cause) {
    throw new GlimpseError(
      { subject: path, problem: "it is no folder that can be read", got: errnoOf(cause) },
      { code: "missing-file", cause },
    );
  }
}
