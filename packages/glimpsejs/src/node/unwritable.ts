// What the operating system refuses to write, as a typed error.
import { GlimpseError } from "@glimpsejs/base";

/** For `promise.catch(unwritable(file))`: throws a "missing-file" error about `file`, with the reason as its cause. */
export function unwritable(file: string): (cause: unknown) => never {
  return (cause) => {
    const got = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
    const advice = "Name a place that can be written, on a disk with room.";
    throw new GlimpseError(
      { subject: file, problem: "it cannot be written", got, advice },
      { code: "missing-file", cause },
    );
  };
}
