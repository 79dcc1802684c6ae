// The one error class of Glimpse and the one sentence form that all its messages have:
//   <subject>: <what is wrong>, expected <x>, got <y>. <what to do>
// Every package throws GlimpseError or a subclass of it; nothing here knows about models or devices.

const brand = Symbol.for("glimpsejs.error");

/** The parts of an error message, in the order in which they are read. */
export interface Problem {
  /** What the message is about: a file, a tensor, an option, a node, with its name. */
  readonly subject: string;
  /** What is wrong with it, without the final stop. */
  readonly problem: string;
  /** What would have been right. */
  readonly expected?: string | undefined;
  /** What was found. */
  readonly got?: string | undefined;
  /** What the reader can do about it, a whole sentence. */
  readonly advice?: string | undefined;
}

/** Machine-readable kinds of error; the docs page `docs/errors.md` has a paragraph on each. */
export type ErrorCode =
  | "invalid-argument"
  | "invalid-config"
  | "invalid-json"
  | "invalid-tokenizer"
  | "invalid-image"
  | "invalid-clip"
  | "invalid-weights"
  | "invalid-graph"
  | "unsupported"
  | "missing-file"
  | "missing-package"
  | "download"
  | "cache"
  | "out-of-memory"
  | "non-finite"
  | "disposed"
  | "timeout"
  | "aborted"
  | "backend-unavailable"
  | "device-lost"
  | "backend";

/** Options of a {@link GlimpseError}: a code, and the error that caused it. */
export interface GlimpseErrorOptions {
  readonly code: ErrorCode;
  readonly cause?: unknown;
}

/** Writes one problem as one or two sentences. */
export function formatProblem(p: Problem): string {
  const expected = p.expected === undefined ? "" : `, expected ${p.expected}`;
  const got = p.got === undefined ? "" : `, got ${p.got}`;
  const advice = p.advice === undefined ? "" : ` ${p.advice}`;
  return `${p.subject}: ${p.problem}${expected}${got}.${advice}`;
}

/**
 * Every error that Glimpse throws on purpose. `problems` holds all that is wrong with one input, not only the first.
 * Recognise it with {@link GlimpseError.isInstance}, which also works across duplicate installs.
 */
export class GlimpseError extends Error {
  override readonly name: string = "GlimpseError";
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[], options: GlimpseErrorOptions) {
    const list: readonly Problem[] = "subject" in problems ? [problems] : problems;
    super(formatProblems(list), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.problems = list;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True for any GlimpseError, whichever copy of this package made it; with `code`, only for that kind. */
  static isInstance(value: unknown, code?: ErrorCode): value is GlimpseError {
    return (
      value instanceof Error && brand in value && (code === undefined || (value as { code?: unknown }).code === code)
    );
  }
}

/** Thrown on any use of a tensor, program, model or trunk after its dispose(). */
export class DisposedError extends GlimpseError {
  override readonly name: string = "DisposedError";
  constructor(subject: string) {
    super(
      { subject, problem: "it was disposed", advice: "Create a new one; a disposed one cannot be used again." },
      { code: "disposed" },
    );
  }
}

/** Throws the abort reason of `signal` as a GlimpseError of code "aborted" if it has been aborted. */
export function throwIfAborted(signal: AbortSignal | undefined, subject: string): void {
  if (signal?.aborted) {
    throw new GlimpseError(
      { subject, problem: "it was aborted by its signal" },
      { code: "aborted", cause: signal.reason },
    );
  }
}

/** Shows an untrusted value in a message: JSON where that is possible, shortened to `limit` characters. */
export function show(value: unknown, limit = 60): string {
  let text: string;
  if (typeof value === "string") text = JSON.stringify(value);
  else if (value === undefined || typeof value === "function" || typeof value === "symbol") text = typeof value;
  else if (typeof value === "bigint") text = `${value}n`;
  else if (typeof value === "number") text = Object.is(value, -0) ? "-0" : String(value);
  else {
    try {
      text = JSON.stringify(value) ?? typeof value;
    } catch {
      text = Object.prototype.toString.call(value);
    }
  }
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

function formatProblems(list: readonly Problem[]): string {
  const [first] = list;
  if (first === undefined) return "unknown problem";
  if (list.length === 1) return formatProblem(first);
  const shown = list.slice(0, 20).map((p) => `  - ${formatProblem(p)}`);
  const rest = list.length - shown.length;
  return `${list.length} problems:\n${shown.join("\n")}${rest > 0 ? `\n  … and ${rest} more` : ""}`;
}
