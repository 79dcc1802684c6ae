// What a pickle holds once it is read: plain data, never an object of a class. Knows neither opcodes nor PyTorch.
import { type Problem, show } from "@glimpsejs/base";

/** What a pickle can hold here. `T` is what the caller's functions make. */
export type PickleValue<T> =
  | null
  | boolean
  | number
  | string
  | PickleItems<T, "list">
  | PickleItems<T, "tuple">
  | PickleDict<T>
  | PickleGlobal
  | PickleObject<T>;

/** A list or tuple. */
export interface PickleItems<T, Kind extends "list" | "tuple"> {
  readonly kind: Kind;
  readonly items: PickleValue<T>[];
}

/** A dict or OrderedDict. */
export interface PickleDict<T> {
  readonly kind: "dict";
  readonly entries: Map<PickleValue<T>, PickleValue<T>>;
}

/** The mention of a Python symbol. */
export interface PickleGlobal {
  readonly kind: "global";
  /** Module and name, such as "torch._utils._rebuild_tensor_v2". */
  readonly name: string;
}

/** What a call or a persistent id stands for. */
export interface PickleObject<T> {
  readonly kind: "object";
  readonly value: T;
}

/** What the caller knows. The functions throw with `fail` on arguments that they do not accept. */
export interface PickleVocabulary<T> {
  /** Symbols that may be mentioned. */
  readonly symbols: ReadonlySet<string>;
  /** What a call of a symbol gives. */
  call(symbol: string, args: readonly PickleValue<T>[], fail: PickleFailure): PickleValue<T>;
  /** What a persistent id stands for. */
  load(id: PickleValue<T>, fail: PickleFailure): PickleValue<T>;
}

/** Throws "invalid-weights", naming the pickle and the place in it. */
export type PickleFailure = (problem: Omit<Problem, "subject">) => never;

/** A few words on a value for errors: short, and safe on values that contain themselves. */
export function describe(value: PickleValue<unknown> | undefined): string {
  if (typeof value !== "object" || value === null) return show(value);
  switch (value.kind) {
    case "list":
    case "tuple":
      return `a ${value.kind} of ${value.items.length}`;
    case "dict":
      return `a dict of ${value.entries.size}`;
    case "global":
      return value.name;
    case "object":
      return "an object";
  }
}

/** Narrows a pickle value by kind. */
export function isKind<T, K extends "list" | "tuple" | "dict" | "global" | "object">(
  value: PickleValue<T> | undefined,
  kind: K,
): value is Extract<PickleValue<T>, { readonly kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}
