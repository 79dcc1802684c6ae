// Checkpoints that are on the user's disk: files of an <input> or a drop, or a folder that the user opened. Read in
// place; nothing is copied and nothing leaves the page.
import { DisposedError, GlimpseError } from "@glimpsejs/base";
import { type CheckpointFiles, checkpointFiles } from "../hub/files.ts";
import { blobSource } from "./blob-file.ts";

/**
 * Opens the files of one checkpoint. Files in subfolders, as a folder input gives them, are left out: the checkpoint
 * is the folder that is nearest to the root and has a config.json. Throws "invalid-argument" for an empty list, or two
 * files of one name.
 */
export function openFiles(files: Iterable<File>): CheckpointFiles {
  const all = [...files];
  const folderOf = ({ webkitRelativePath }: File) => webkitRelativePath.replace(/[^/]*$/, "");
  const configs = all.filter((file) => file.name === "config.json").map(folderOf);
  const [folder = folderOf(all[0] ?? new File([], ""))] = configs.sort((a, b) => a.length - b.length);
  const byName = new Map<string, File>();
  for (const file of all.filter((each) => folderOf(each) === folder)) {
    if (byName.has(file.name)) throw invalid("two files have one name", `"${file.name}"`);
    byName.set(file.name, file);
  }
  if (byName.size === 0) throw invalid("there are no files", undefined);
  let disposed = false;
  const open = () => {
    if (disposed) throw new DisposedError("chosen files");
    return byName;
  };
  return checkpointFiles({
    name: folder.replace(/\/$/, "") || "chosen files",
    list: async () => [...open().keys()].sort(),
    source: async (name) => {
      const file = open().get(name);
      return file && blobSource(name, file);
    },
    missingAdvice: () => "Choose all files of a GIT checkpoint together.",
    async dispose() {
      disposed = true;
    },
  });
}

/** Opens a folder that the user chose or that the page keeps in its private storage. Throws "missing-file". */
export function openDirectory(directory: FileSystemDirectoryHandle): CheckpointFiles {
  let disposed = false;
  const open = () => {
    if (disposed) throw new DisposedError(directory.name);
    return directory;
  };
  return checkpointFiles({
    name: directory.name || "chosen folder",
    async list() {
      const names: string[] = [];
      for await (const [name, handle] of open().entries()) if (handle.kind === "file") names.push(name);
      return names.sort();
    },
    async source(name) {
      try {
        return blobSource(name, await (await open().getFileHandle(name)).getFile());
      } catch (cause) {
        if (cause instanceof DOMException && ["NotFoundError", "TypeMismatchError"].includes(cause.name))
          return undefined;
        if (GlimpseError.isInstance(cause)) throw cause;
        throw new GlimpseError(
          {
            subject: `${directory.name}/${name}`,
            problem: "the file cannot be read",
            got: cause instanceof Error ? cause.message : String(cause),
            advice: "Let the page read the folder again.",
          },
          { code: "missing-file", cause },
        );
      }
    },
    missingAdvice: () => "Choose a folder that holds a GIT checkpoint.",
    async dispose() {
      disposed = true;
    },
  });
}

function invalid(problem: string, got: string | undefined): GlimpseError {
  const subject = "chosen files";
  return new GlimpseError(
    { subject, problem, expected: "the files of one checkpoint", got },
    { code: "invalid-argument" },
  );
}
