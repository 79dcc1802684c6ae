// The error of everything in this folder.
import { GlimpseError, type Problem } from "@glimpsejs/base";

/** Throws "invalid-weights". */
export function fail(problems: Problem | readonly Problem[]): never {
  throw new GlimpseError(problems, { code: "invalid-weights" });
}
