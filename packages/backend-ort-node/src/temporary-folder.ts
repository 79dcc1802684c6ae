// A folder that is gone when the process is, at the latest.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder in the system's place for temporary files, readable by this user only. */
export interface TemporaryFolder {
  readonly path: string;
  /** Deletes the folder and all in it. Windows refuses while a file is mapped: then it is tried again at exit. */
  remove(): void;
}

/** Makes a {@link TemporaryFolder}; it is removed when the process exits, unless it has been before. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "glimpse-"));
  const remove = () => {
    try {
      rmSync(path, { recursive: true, force: true });
      process.off("exit", remove);
    } catch {
      // Still mapped.
    }
  };
  process.on("exit", remove);
  return { path, remove };
}
