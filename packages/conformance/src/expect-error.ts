// Expecting a typed error, thrown or rejected.
import { type ErrorCode, GlimpseError } from "@glimpsejs/base";

/**
 * The GlimpseError that `run` throws or rejects with. Throws itself when there is none, when its code is not one of
 * `codes`, or when its message does not contain every one of `mentions`.
 */
export async function expectError(
  run: () => unknown,
  codes: readonly ErrorCode[],
  mentions: readonly string[] = [],
): Promise<void> {
  const wanted = `expected a GlimpseError of code ${codes.join(" or ")}`;
  let error: unknown;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) throw new Error(`there was no error, ${wanted}.`);
  if (!GlimpseError.isInstance(error) || !codes.includes(error.code)) {
    throw new Error(`the error is of another kind, ${wanted}, got ${String(error)}.`, { cause: error });
  }
  const { message } = error;
  const missing = mentions.filter((text) => !message.includes(text));
  if (missing.length > 0) throw new Error(`the error does not mention ${missing.join(", ")}: ${message}`);
}
