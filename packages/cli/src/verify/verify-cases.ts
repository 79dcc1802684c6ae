// Runs folders of reference cases on a backend and says how far off each result is. Returns data; printing is the
// command's business.
import { GlimpseError, throwIfAborted } from "@glimpsejs/base";
import type { FileReader } from "../host.ts";
import { messageOf } from "../report-error.ts";
import { type ReferenceCase, readCase } from "./case.ts";
import { type Check, worstCheck } from "./compare.ts";
import type { VerifyContext, VerifyOptions } from "./context.ts";
import { verifyForward, verifyMasks } from "./forward.ts";
import { type GenerateChecks, type UnsupportedRun, verifyGenerate } from "./generate.ts";

/** What one case gave. */
export interface CaseReport {
  /** Name of the case's folder. */
  readonly name: string;
  /** Path of the case's folder. */
  readonly folder: string;
  /** "unsupported" when none of its runs could be compared; that is not "passed". */
  readonly outcome: "passed" | "failed" | "unsupported";
  /** Every comparison, in the order in which they were made. */
  readonly checks: readonly Check[];
  /** The check with the largest error; one that failed where there is one. */
  readonly worst?: Check;
  /** Runs that were not compared. */
  readonly unsupported: readonly UnsupportedRun[];
  /** Why the case could not be run to its end. */
  readonly error?: string;
}

/** Case folders: `folder` itself, or those in it, by name. Throws "missing-file" when there is none. */
export async function caseFolders(folder: string, files: FileReader): Promise<readonly string[]> {
  const root = folder.replace(/(?<=.)[/\\]+$/, "");
  if (await files.exists(`${root}/case.json`)) return [root];
  const found: string[] = [];
  for (const name of [...(await files.list(root))].sort()) {
    if (await files.exists(`${root}/${name}/case.json`)) found.push(`${root}/${name}`);
  }
  if (found.length > 0) return found;
  const problem = "there is no case.json in it, nor in a folder in it";
  const advice = "What a case is: glimpse help verify.";
  throw new GlimpseError({ subject: folder, problem, advice }, { code: "missing-file" });
}

/** Runs every case of `folder`, one after the other. */
export async function* verifyCases(
  folder: string,
  options: VerifyOptions,
): AsyncGenerator<CaseReport, void, undefined> {
  for (const one of await caseFolders(folder, options.files)) yield await verifyCase(one, options);
}

/** Runs the case in `folder`. Rejects only when aborted: whatever else goes wrong is the report's `error`. */
export async function verifyCase(folder: string, options: VerifyOptions): Promise<CaseReport> {
  const common = { name: folder.split(/[/\\]/).at(-1) ?? folder, folder };
  try {
    throwIfAborted(options.signal, "verify");
    const { checks, unsupported } = await run(await readCase(folder, options.files, options.signal), {
      tolerance: 1e-4,
      ...options,
    });
    const worst = worstCheck(checks);
    const outcome = worst === undefined ? "unsupported" : worst.passed ? "passed" : "failed";
    return { ...common, outcome, checks, unsupported, ...(worst && { worst }) };
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return { ...common, outcome: "failed", checks: [], unsupported: [], error: messageOf(error) };
  }
}

async function run(referenceCase: ReferenceCase, context: VerifyContext): Promise<GenerateChecks> {
  switch (referenceCase.kind) {
    case "forward":
    case "legacy":
      return { checks: await verifyForward(referenceCase, context), unsupported: [] };
    case "mask":
      return { checks: await verifyMasks(referenceCase, context), unsupported: [] };
    case "generate":
      return verifyGenerate(referenceCase, context);
    default:
      return referenceCase satisfies never;
  }
}
