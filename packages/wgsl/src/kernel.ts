// A kernel as text, and how the text is put together: parameters in one uniform struct at binding 0, then storage
// buffers in order. Sizes are parameters, so that one pipeline serves every step; what shapes the code is in the text.

/** How a kernel uses a buffer. */
export type Access = "read" | "write" | "read-write";

/** One compute shader. Kernels with the same code are the same kernel. */
export interface Kernel {
  /** What it does, such as "gemv 4 rows". */
  readonly name: string;
  /** The shader in WGSL; its entry point is `main`. */
  readonly code: string;
  /** Names of the u32 parameters, in the order of the uniform struct. */
  readonly params: readonly string[];
  /** Of the storage buffers, bindings 1, 2, … */
  readonly access: readonly Access[];
}

/** A storage buffer of a kernel. */
export interface Binding {
  /** Name of the variable. */
  readonly name: string;
  /** Element type in WGSL, "f32" by default. */
  readonly type?: string;
  /** How the kernel uses it, "read" by default. */
  readonly access?: Access;
}

/** What {@link kernel} puts together. */
export interface KernelParts {
  /** What it does, such as "gemv 4 rows". */
  readonly name: string;
  readonly params: readonly string[];
  readonly bindings: readonly Binding[];
  /** Invocations of a workgroup. */
  readonly size: number;
  /** Uses subgroup operations. */
  readonly subgroups?: boolean;
  /** Functions and workgroup variables. */
  readonly declarations?: string;
  /** The body of main(); it sees `group`, `groups` and `thread`, and `p` for the parameters. */
  readonly body: string;
}

/** Puts a kernel together. */
export function kernel(parts: KernelParts): Kernel {
  const { name, params, bindings, size, subgroups = false, declarations = "", body } = parts;
  const storage = bindings.map(({ name, type = "f32", access = "read" }, i) => {
    const mode = access === "read" ? "read" : "read_write";
    return `@group(0) @binding(${i + 1}) var<storage, ${mode}> ${name}: array<${type}>;`;
  });
  const builtins = [
    "@builtin(workgroup_id) group: vec3u",
    "@builtin(num_workgroups) groups: vec3u",
    "@builtin(local_invocation_index) thread: u32",
    ...(subgroups ? ["@builtin(subgroup_size) subgroup_size: u32"] : []),
  ];
  const code = [
    ...(subgroups ? ["enable subgroups;"] : []),
    `struct Params { ${params.map((p) => `${p}: u32`).join(", ")} }`,
    "@group(0) @binding(0) var<uniform> p: Params;",
    ...storage,
    ...lines(declarations),
    `@compute @workgroup_size(${size})`,
    `fn main(${builtins.join(", ")}) {`,
    ...lines(body).map((line) => `  ${line}`),
    "}",
  ];
  return { name, code: `${code.join("\n")}\n`, params, access: bindings.map(({ access = "read" }) => access) };
}

/** Lines of a template without its common indentation and empty lines. */
function lines(text: string): readonly string[] {
  const all = text.split("\n").filter((line) => line.trim() !== "");
  const indent = Math.min(...all.map((line) => line.length - line.trimStart().length));
  return all.map((line) => line.slice(indent).trimEnd());
}

/** The index of an invocation among all, where work is counted in single elements. */
export function elementIndex(size: number): string {
  return `(group.y * groups.x + group.x) * ${size}u + thread`;
}

/** Workgroups for `count` pieces of work, in two dimensions where one is not enough. */
export function groupsFor(count: number): readonly [number, number, number] {
  const most = 65535;
  return count <= most ? [count, 1, 1] : [most, Math.ceil(count / most), 1];
}
