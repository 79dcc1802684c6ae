// Once for all tests of what is published: packs the packages, and starts the registry that serves them.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { packAll } from "../release/pack.mjs";
import { startRegistry } from "./registry.mjs";

declare module "vitest" {
  interface ProvidedContext {
    /** Package name to the path of its tarball. */
    readonly tarballs: Readonly<Record<string, string>>;
    /** Address of the registry that has them. */
    readonly registry: string;
  }
}

/** Vitest's hook; returns the one that cleans up. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "glimpse-packed-"));
  const packed = packAll(folder);
  const tarballs = Object.fromEntries(Object.entries(packed).map(([name, { file }]) => [name, file]));
  const registry = await startRegistry(tarballs);
  project.provide("tarballs", tarballs);
  project.provide("registry", registry.address);
  return () => {
    registry.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
