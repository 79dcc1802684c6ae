// Files of the workspace as a page sees them, for what reads folders.
import type { FileReader } from "@glimpsejs/cli";
import { commands } from "vitest/browser";

/** Paths begin with "/", at the workspace's root. */
export const servedFiles: FileReader = {
  async exists(path) {
    const slash = path.lastIndexOf("/");
    return (await commands.fixtureFolders(path.slice(0, slash))).includes(path.slice(slash + 1));
  },
  read: async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer()),
  list: (path) => commands.fixtureFolders(path),
};
