// Errors as a person sees them: one message, no stack, unless GLIMPSE_DEBUG asks for it.
import { GlimpseError } from "@glimpsejs/base";
import type { CliHost } from "./host.ts";
import { line, printable } from "./text.ts";

/** Writes `error` to stderr. A stack is shown with GLIMPSE_DEBUG. */
export function reportError(error: unknown, host: Pick<CliHost, "stderr" | "env">): void {
  const debug = Boolean(host.env["GLIMPSE_DEBUG"]);
  const text = messageOf(error);
  line(host.stderr, printable(`glimpse: ${debug && error instanceof Error ? (error.stack ?? text) : text}`, true));
  if (debug || GlimpseError.isInstance(error)) return;
  line(host.stderr, "This was not foreseen. Set GLIMPSE_DEBUG=1 to see where it happened.");
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
