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

/** Machine-readable kinds of error. `docs/errors.md` is written from the comments here and from the messages in the sources. */
export type ErrorCode =
  /**
   * An argument or option is wrong, unknown or impossible; nothing has run.
   * To do: Correct the call; the message names the nearest option.
   */
  | "invalid-argument"
  /**
   * A config file holds a value that GIT cannot have.
   * To do: Correct the file; the message has the path of every such value.
   */
  | "invalid-config"
  /**
   * A file is not JSON, or holds a key twice.
   * To do: Correct the file; the message says at which character.
   */
  | "invalid-json"
  /**
   * The file vocab.txt or tokenizer.json is not a BERT WordPiece tokenizer, or has tokens the model lacks.
   * To do: Use the tokenizer of the checkpoint.
   */
  | "invalid-tokenizer"
  /**
   * A picture cannot be decoded, is too large, or is no picture.
   * To do: Use another picture; the message names the source and the limit.
   */
  | "invalid-image"
  /**
   * A video or animation cannot be read or decoded, has no frames, or is too short for the sampling asked for.
   * To do: Convert or replace the file; the message names it and what was found in it.
   */
  | "invalid-clip"
  /**
   * Weights are damaged, missing, left over, misshapen or of a dtype that would have to be rounded.
   * To do: Compare config.json and the weights; fetch the file anew.
   */
  | "invalid-weights"
  /**
   * A graph breaks the rules of the IR.
   * To do: Correct the graph or the pass that made it; the message names the node.
   */
  | "invalid-graph"
  /**
   * A legal request that Glimpse does not carry out.
   * To do: Do without what the message names, or as it says.
   */
  | "unsupported"
  /**
   * A file that is needed is not there.
   * To do: Add the file; the message lists what was looked for and what is there.
   */
  | "missing-file"
  /**
   * An optional package is not installed.
   * To do: Install it with the command in the message.
   */
  | "missing-package"
  /**
   * The Hub answered with an error, or not at all.
   * To do: Check the name, the network, or `HF_TOKEN` for private checkpoints.
   */
  | "download"
  /**
   * The cache on disk cannot be read or written.
   * To do: Check space and permissions of the folder in the message.
   */
  | "cache"
  /**
   * The load would not fit; refused before it started.
   * To do: Free memory, or load a smaller checkpoint.
   */
  | "out-of-memory"
  /**
   * The model computed NaN or infinity.
   * To do: Look for one in the weights or the pixel values.
   */
  | "non-finite"
  /**
   * A model, trunk or tensor was used after its `dispose()`.
   * To do: Create a new one.
   */
  | "disposed"
  /**
   * A decoder, file or network gave no answer in time.
   * To do: Try again, or raise the option `timeout`.
   */
  | "timeout"
  /**
   * The call's signal aborted; `AbortedError` holds the text so far.
   * To do: Nothing, it was asked for.
   */
  | "aborted"
  /**
   * No backend can run on this machine.
   * To do: Run `glimpse doctor`, which says why.
   */
  | "backend-unavailable"
  /**
   * The GPU device went away, with everything on it; one that Glimpse opened is opened anew by the next call.
   * To do: Call again; on a device of your own, open a new one.
   */
  | "device-lost"
  /**
   * The runtime below failed.
   * To do: Read the `cause`, which has the runtime's own words.
   */
  | "backend";

/** Options of a {@link GlimpseError}: a code, and the error that caused it. */
export interface GlimpseErrorOptions {
  /** What kind of failure it is, for programs to branch on. */
  readonly code: ErrorCode;
  /** The error below this one; kept as `error.cause`. */
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
  /** Name of the class. */
  override readonly name: string = "GlimpseError";
  /** What kind of failure it is, for programs to branch on. */
  readonly code: ErrorCode;
  /** All that is wrong with the one input, at least one; `message` says them one after the other. */
  readonly problems: readonly Problem[];

  /** `problems` are written into the message in their order. */
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
      value instanceof Error &&
      brand in value &&
      (code === undefined ||
        (
          value as {
            /** What kind of failure it is, for programs to branch on. */
            code?: unknown;
          }
        ).code === code)
    );
  }
}

/** Thrown on any use of a tensor, program, model or trunk after its dispose(). */
export class DisposedError extends GlimpseError {
  /** Name of the class. */
  override readonly name: string = "DisposedError";
  /** `subject` is what was disposed, as the message calls it. */
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
