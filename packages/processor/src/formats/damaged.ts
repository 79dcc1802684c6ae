// The errors that the readers of picture headers share.
import { GlimpseError } from "@glimpsejs/base";

/** The error for a file that breaks off or breaks the rules of its format. */
export function damaged(subject: string, got?: string, cause?: unknown): GlimpseError {
  return new GlimpseError(
    { subject, problem: "the picture is damaged, cut off or of an unknown kind", got },
    { code: "invalid-image", cause },
  );
}

/** The error for a picture of a kind that is not read, whole as it may be. */
export function notRead(subject: string, problem: string, expected: string, got: string): GlimpseError {
  return new GlimpseError(
    { subject, problem, expected, got, advice: "Convert it to an 8-bit PNG first." },
    { code: "unsupported" },
  );
}
