// How examples print values: strings as they are, everything else as a literal that can be read, numbers to six digits.
// The tests print the same way, so that a page shows what they compared.

const widest = 88;

/** One console.log call: its pictures, and the text of everything else; undefined where it has nothing but pictures. */
export function parts(values: readonly unknown[]): {
  readonly text: string | undefined;
  readonly pictures: readonly Blob[];
} {
  const pictures = values.filter((value) => value instanceof Blob);
  const others = values.filter((value) => !(value instanceof Blob));
  return { text: others.length > 0 || pictures.length === 0 ? format(others) : undefined, pictures };
}

/** The text of some values. */
export function format(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : literal(value, ""))).join(" ");
}

function literal(value: unknown, indent: string): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return typedArray(value as unknown as TypedArray);
  if (value instanceof Map) return `Map ${literal(Object.fromEntries(value), indent)}`;
  if (value instanceof Set) return `Set ${literal([...value], indent)}`;
  if (Array.isArray(value))
    return list(
      "[",
      "]",
      value.map((item) => literal(item, `${indent}  `)),
      indent,
    );
  if (typeof value === "object" && value !== null) {
    const name = value.constructor?.name ?? "Object";
    const entries = Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== "function");
    const body = list(
      "{",
      "}",
      entries.map(
        ([key, item]) => `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${literal(item, `${indent}  `)}`,
      ),
      indent,
    );
    return name === "Object" ? body : `${name} ${body}`;
  }
  return String(value);
}

interface TypedArray extends Iterable<number> {
  readonly length: number;
}

function typedArray(value: TypedArray): string {
  const first = [...value].slice(0, 6).map((item) => literal(item, ""));
  const rest = value.length > first.length ? [`… ${value.length - first.length} more`] : [];
  return `${value.constructor.name}(${value.length}) [${[...first, ...rest].join(", ")}]`;
}

function list(open: string, close: string, items: readonly string[], indent: string): string {
  if (items.length === 0) return open + close;
  const space = open === "{" ? " " : "";
  const line = `${open}${space}${items.join(", ")}${space}${close}`;
  if (line.length + indent.length <= widest && !line.includes("\n")) return line;
  return `${open}\n${items.map((item) => `${indent}  ${item},`).join("\n")}\n${indent}${close}`;
}
