// How every config of this package is read, checked and written: a table of fields, each with a schema, plus what only
// several fields together can tell. Knows the two spellings (options in camelCase, files of the Hub in snake_case),
// but no particular file.
import { GlimpseError, type JsonValue, nearestName, type Problem, show } from "@glimpsejs/base";
import type { Issue, Schema } from "./fields.ts";

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** What all configs have: the fields of the file that Glimpse does not know, kept through a round trip. */
export interface ConfigRecord {
  /** Unknown fields in the file's spelling. */
  readonly extra: JsonObject;
}

/** The fields of a config that a caller sets; the others get their defaults, inside nested configs too. */
export type ConfigInit<T> = {
  readonly [K in keyof T]?: (T[K] extends ConfigRecord ? ConfigInit<T[K]> : T[K]) | undefined;
};

/** The three ways in and out of a config of type T. All of them throw one "invalid-config" error with every problem. */
export interface ConfigKind<T> {
  /** Fills in the documented defaults. An unknown field is an error that names the nearest one. */
  create(init?: ConfigInit<T>): T;
  /** Reads the Hub's spelling. Unknown fields go to `extra`. `subject` is the file's name in errors. */
  fromJson(json: JsonValue, subject?: string): T;
  /** Writes the Hub's spelling, keys sorted, constants such as model_type and all of `extra` included. */
  toJson(config: T): JsonObject;
}

/** Something wrong with the field at `path` (names in camelCase, from the record's own root). */
export interface Finding extends Omit<Problem, "subject"> {
  readonly path: readonly string[];
}

/** The table behind one config: a schema or nested table per field of T. */
export interface RecordDefinition<T extends ConfigRecord> extends AnyDefinition {
  readonly fields: {
    readonly [K in keyof T as Exclude<K, "extra">]-?: T[K] extends ConfigRecord ? RecordDefinition<T[K]> : Schema<T[K]>;
  } & AnyDefinition["fields"];
  check?(fields: Partial<T>): readonly Finding[];
}

interface AnyDefinition {
  readonly fields: Readonly<Record<string, Schema<unknown> | AnyDefinition>>;
  /** Keys that a file may hold with this one value; always written. */
  readonly constants?: JsonObject;
  /** Checks across fields. Fields that are wrong by themselves are missing. */
  check?(fields: object): readonly Finding[];
}

type Spelling = "options" | "hub";

// Deeper than any real config; keeps the recursions here away from the end of the stack.
const maxDepth = 64;

/** Makes create, fromJson and toJson from a table. `name` stands in the errors of create and toJson. */
export function configKind<T extends ConfigRecord>(
  name: string,
  file: string,
  definition: RecordDefinition<T>,
): ConfigKind<T> {
  const read = (input: unknown, spelling: Spelling, subject: string): T => {
    const findings: Finding[] = [];
    const value = readRecord(definition, input, spelling, findings);
    if (findings.length === 0) return value as unknown as T; // RecordDefinition<T> ties every field's schema to T
    const problems = findings.map(({ path, ...rest }) => ({
      subject: [subject, path.join(".")].join(" ").trim(),
      ...rest,
    }));
    throw new GlimpseError(problems, { code: "invalid-config" });
  };
  return {
    create: (init = {}) => read(init, "options", name),
    fromJson: (json, subject = file) => read(json, "hub", subject),
    toJson: (config) => writeRecord(definition, read(config, "options", name)),
  };
}

/** True for objects that are no arrays. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** hiddenSize → hidden_size */
function hubName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function readRecord(
  definition: AnyDefinition,
  input: unknown,
  spelling: Spelling,
  findings: Finding[],
  path: readonly string[] = [],
): ConfigRecord {
  if (!isObject(input)) {
    findings.push(wrong(path, "an object", input));
    return { extra: {} };
  }
  const spell = (name: string) => (spelling === "hub" ? hubName(name) : name);
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(definition.fields)) {
    const key = spell(name);
    const at = [...path, key];
    const given = Object.hasOwn(input, key) ? input[key] : undefined;
    if (typeof field === "object") {
      fields[name] = readRecord(field, given ?? {}, spelling, findings, at);
      continue;
    }
    const issues: Issue[] = [];
    const output = field(given, issues);
    for (const { path: inner = [], expected, got } of issues) findings.push(wrong([...at, ...inner], expected, got));
    const value = issues.length === 0 ? frozenJson(output) : undefined;
    if (value !== undefined) fields[name] = value;
  }
  for (const finding of definition.check?.(fields) ?? []) {
    findings.push({ ...finding, path: [...path, ...finding.path.map(spell)] });
  }
  const readRest = spelling === "hub" ? hubExtra : optionsExtra;
  return Object.freeze({ ...fields, extra: readRest(definition, input, findings, path) });
}

type Rest = (
  definition: AnyDefinition,
  input: Readonly<Record<string, unknown>>,
  findings: Finding[],
  path: readonly string[],
) => JsonObject;

/** What a file holds besides the fields. Constants must have their value. */
const hubExtra: Rest = (definition, input, findings, path) => {
  for (const [key, value] of Object.entries(definition.constants ?? {})) {
    if (Object.hasOwn(input, key) && input[key] !== value)
      findings.push(wrong([...path, key], show(value), input[key]));
  }
  const known = hubNames(definition);
  const rest = Object.entries(input).filter(([key]) => !known.has(key));
  return frozenExtra(rest, findings, path);
};

/** The `extra` of options, which may not smuggle in known fields; any other unknown name is a mistake. */
const optionsExtra: Rest = (definition, input, findings, path) => {
  const names = [...Object.keys(definition.fields), "extra"];
  for (const name of Object.keys(input)) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    const advice = nearest && `Did you mean "${nearest}"?`;
    findings.push({ path: [...path, name], problem: "there is no such field", advice });
  }
  const extra = input["extra"] ?? {};
  const at = [...path, "extra"];
  if (!isObject(extra)) {
    findings.push(wrong(at, "an object", extra));
    return {};
  }
  const known = hubNames(definition);
  for (const key of Object.keys(extra)) {
    if (known.has(key)) findings.push({ path: [...at, key], problem: "the file has a field of this name already" });
  }
  return frozenExtra(Object.entries(extra), findings, at);
};

/** The keys of a file that do not go to `extra`. */
function hubNames({ fields, constants = {} }: AnyDefinition): ReadonlySet<string> {
  return new Set([...Object.keys(fields).map(hubName), ...Object.keys(constants)]);
}

function frozenExtra(entries: readonly [string, unknown][], findings: Finding[], path: readonly string[]): JsonObject {
  const kept: [string, JsonValue][] = [];
  for (const [key, value] of entries) {
    const json = frozenJson(value);
    if (json === undefined) findings.push(wrong([...path, key], `JSON at most ${maxDepth} deep`, value));
    else kept.push([key, json]);
  }
  return Object.freeze(Object.fromEntries(kept));
}

function wrong(path: readonly string[], expected: string, got: unknown): Finding {
  return { path, problem: "the value is wrong", expected, got: show(got) };
}

/** A frozen copy of JSON data, or undefined where the value is not JSON or nested deeper than `depth`. */
function frozenJson(value: unknown, depth = maxDepth): JsonValue | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object" || depth === 0) return undefined;
  const entries: [string, JsonValue][] = [];
  for (const [key, item] of Object.entries(value)) {
    const copy = frozenJson(item, depth - 1);
    if (copy === undefined) return undefined;
    entries.push([key, copy]);
  }
  return Object.freeze(Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries));
}

function writeRecord(definition: AnyDefinition, record: object): JsonObject {
  const entries: [string, unknown][] = Object.entries(record).flatMap(([name, value]): [string, unknown][] => {
    const field = definition.fields[name];
    if (field === undefined) return Object.entries(value); // extra
    return [[hubName(name), typeof field === "object" ? writeRecord(field, value as object) : value]];
  });
  const all = [...Object.entries(definition.constants ?? {}), ...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return frozenJson(Object.fromEntries(all)) as JsonObject; // a record that was read holds nothing but JSON
}
