// What a page and its worker say to each other: calls with numbers, their results, and errors as data, since an error that
// crosses over by itself loses its class.
import { DisposedError, type ErrorCode, GlimpseError, type Problem } from "@glimpsejs/base";
import { AbortedError } from "@glimpsejs/core";

/** Names of the calls that are carried over as they are. */
export type CallName = "caption" | "answer" | "score" | "rank" | "classify" | "explain";

/** Names of the calls whose results come one after the other. */
export type StreamName = "stream" | "captionAll";

/** From the page. `id` is the number of the call that it starts or is about. */
export type Request =
  | { readonly type: "load"; readonly id: number; readonly source: unknown; readonly options: object }
  | { readonly type: "call"; readonly id: number; readonly name: CallName; readonly args: readonly unknown[] }
  | { readonly type: "encode"; readonly id: number; readonly args: readonly unknown[] }
  | { readonly type: "stream"; readonly id: number; readonly name: StreamName; readonly args: readonly unknown[] }
  | { readonly type: "next" | "return"; readonly id: number; readonly stream: number }
  | { readonly type: "dispose"; readonly id: number }
  | { readonly type: "free"; readonly trunk: number }
  | {
      /** What a source gave when the worker asked for the item with the number `pull`. */
      readonly type: "item";
      readonly pull: number;
      readonly done: boolean;
      readonly value?: unknown;
      readonly error?: ErrorData;
    }
  | { readonly type: "abort"; readonly call: number; readonly reason: unknown };

/** From the worker. */
export type Reply =
  | { readonly type: "done"; readonly id: number; readonly value: unknown }
  | { readonly type: "failed"; readonly id: number; readonly error: ErrorData }
  | { readonly type: "progress"; readonly id: number; readonly progress: unknown }
  | { readonly type: "pull"; readonly source: number; readonly pull: number }
  | { readonly type: "stop"; readonly source: number };

/** In place of a trunk, which stays in the worker: the number of the call that made it. */
export interface TrunkReference {
  readonly glimpseTrunk: number;
}

/** In place of an error inside a result. */
export interface ErrorReference {
  readonly glimpseError: ErrorData;
}

/** An error as plain data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode;
  readonly problems?: readonly Problem[];
  readonly partial?: Pick<AbortedError, "sequences" | "texts">;
  readonly cause?: string;
}

/** An error on its way. */
export function toData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, cause } = error;
  const partial = error instanceof AbortedError ? { partial: { sequences: error.sequences, texts: error.texts } } : {};
  return {
    name,
    message,
    ...(GlimpseError.isInstance(error) && { code: error.code, problems: error.problems }),
    ...partial,
    ...(cause !== undefined && { cause: cause instanceof Error ? cause.message : String(cause) }),
  };
}

/** The error again, of the class it had. `reason` is the cause of an abort. */
export function fromData(data: ErrorData, reason?: unknown): Error {
  const { name, message, code, problems = [], partial } = data;
  const cause = reason ?? (data.cause === undefined ? undefined : new Error(data.cause));
  if (partial !== undefined) return new AbortedError(partial.sequences, partial.texts, cause);
  if (name === "DisposedError") return new DisposedError(problems[0]?.subject ?? "it");
  if (code !== undefined) return new GlimpseError(problems, { code, cause });
  return Object.assign(new Error(message, { cause }), { name });
}
