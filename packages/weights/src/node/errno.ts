// Errors of the operating system as typed errors: which kind one is, and what a reader can do about it.
import { GlimpseError } from "@glimpsejs/base";

/** The code of an error of node:fs, such as "ENOENT". */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** What `promise` resolves to, or undefined if a file or folder that it needs does not exist. */
export async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

/** True for a disk, quota or file that cannot grow. */
export function isOutOfSpace(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes(errnoOf(error) ?? "");
}

/** Runs `work` on the cache folder `root`; what the operating system refuses becomes a GlimpseError of code "cache". */
export async function asCacheErrors<T>(subject: string, root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined || GlimpseError.isInstance(error)) throw error;
    const full = isOutOfSpace(error);
    throw new GlimpseError(
      {
        subject,
        problem: full
          ? `there is no space left for it in the cache ${root}`
          : `the cache ${root} cannot be used for it`,
        got: errno,
        advice: full
          ? "Free some space, or set HF_HUB_CACHE to a folder on another disk."
          : "Set HF_HUB_CACHE to a folder that can be read and written.",
      },
      { code: "cache", cause: error },
    );
  }
}
