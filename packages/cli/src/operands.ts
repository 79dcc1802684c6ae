// Operands that name a picture or clip: paths, URLs of this machine, and "-" for the standard input.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { CliHost } from "./host.ts";

/** What stands for the standard input. */
const standardInput = "-";

/** What an operand stands for, as pictures and clips are opened: itself, or the bytes of the standard input. */
export async function sourceOf(file: string, host: CliHost): Promise<string | Uint8Array> {
  return file === standardInput ? host.stdin() : file;
}

/** Throws "invalid-argument" for what would have to be downloaded. */
export function checkLocal(file: string): void {
  if (isRemote(file)) throw new GlimpseError(remote(file), { code: "invalid-argument" });
}

/** Throws "missing-file" about all operands if none of them can be there. */
export async function checkOperands(files: readonly string[], host: CliHost): Promise<void> {
  const problems: Problem[] = [];
  for (const file of files) {
    const isThere = file === standardInput || isUrl(file) || (await host.files.exists(file));
    if (isThere && !isRemote(file)) return;
    problems.push(isRemote(file) ? remote(file) : { subject: file, problem: "the file does not exist" });
  }
  throw new GlimpseError(problems, { code: "missing-file" });
}

/** The operand as part of the name of a file: "photo" of "pictures/photo.jpg". */
export function baseName(file: string): string {
  if (file === standardInput) return "picture";
  return (/([^/\\]*?)(\.[^./\\]*)?$/.exec(file)?.[1] || "picture").replace(/[^\p{L}\p{N}_-]+/gu, "-");
}

/** Two letters or more: C:\ is a path. */
function isUrl(file: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(file);
}

function isRemote(file: string): boolean {
  return /^https?:/i.test(file);
}

function remote(subject: string): Problem {
  const advice = "Download it first, or pipe it in: curl -L URL | glimpse caption -";
  return { subject, problem: "pictures and clips are not downloaded", advice };
}
