// Small steps that several calls of Git take.
import { GlimpseError } from "@glimpsejs/base";
import type { EncodeTaskOptions, TaskOptions, TextResult } from "./tasks.ts";
import type { Trunk } from "./trunk.ts";

/** How the picture of a text is encoded. */
export function encodeOptions({ preset, signal }: TaskOptions, question: string | undefined): EncodeTaskOptions {
  return { preset, signal, forQuestion: question !== undefined };
}

/** Throws "invalid-argument" unless `trunk` is about `expected` pictures. */
export function checkPictures(subject: string, trunk: Trunk, expected: number): void {
  if (trunk.batch === expected) return;
  const advice = "Pass an array of pictures to caption(), or encode them one by one.";
  throw new GlimpseError(
    {
      subject,
      problem: "the number of pictures is wrong",
      expected: String(expected),
      got: String(trunk.batch),
      advice,
    },
    { code: "invalid-argument" },
  );
}

/** The one text of a call about one picture. */
export function only(results: readonly TextResult[]): TextResult {
  const [result] = results;
  if (result === undefined) throw new TypeError("generate(): a prompt has no result.");
  return result;
}
