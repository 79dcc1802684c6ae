// The end of every matrix product: bias, activation, residual, and where each element goes. A product of several
// matrices writes each to a place of its own; keys and values go head by head, straight into the image's keys and values
// and the next slots of the cache.
import type { ActivationFunction, Dim } from "@glimpsejs/graph";
import type { Binding } from "../kernel.ts";
import type { BufferId, Rows } from "../view.ts";
import { activationText } from "./activation-text.ts";

/** Where rows of one part go; with `head`, column c goes to head ⌊c / headSize⌋. */
export interface StorePiece extends Rows {
  readonly head?: Dim | undefined;
}

/** The columns of one matrix. Rows of a batch before `cut` go to the first piece, the others to the second. */
export interface StorePart {
  readonly columns: number;
  readonly headSize: number;
  readonly pieces: readonly StorePiece[];
  readonly cut: Dim;
}

/** What happens to a sum before and as it is stored. */
export interface Epilogue {
  readonly bias: { readonly buffer: BufferId; readonly offset: Dim } | undefined;
  /** Multiplies each column: the scales of int8 matrices. */
  readonly columnScales: boolean;
  readonly activation: ActivationFunction | undefined;
  readonly residual: Rows | undefined;
  readonly parts: readonly StorePart[];
}

/** Text and data of an epilogue. The text defines `fn store(row: u32, column: u32, sum: f32)`. */
export interface StoreText {
  readonly bindings: readonly Binding[];
  readonly buffers: readonly BufferId[];
  readonly params: Readonly<Record<string, Dim>>;
  readonly declarations: string;
}

/** Writes the epilogue. It expects the parameter s, rows per batch. */
export function storeText({ bias, columnScales, activation, residual, parts }: Epilogue): StoreText {
  const bindings: Binding[] = [];
  const buffers: BufferId[] = [];
  const params: Record<string, Dim> = {};
  const outputs = new Map<BufferId, string>();
  if (bias !== undefined) {
    bindings.push({ name: "bias" });
    buffers.push(bias.buffer);
    params["bias0"] = bias.offset;
  }
  if (residual !== undefined) {
    bindings.push({ name: "residual" });
    buffers.push(residual.buffer);
    params["residual0"] = residual.offset;
    params["residualBatch"] = residual.batch;
    params["residualRow"] = residual.row;
  }
  const outputOf = (buffer: BufferId): string => {
    const known = outputs.get(buffer);
    if (known !== undefined) return known;
    const name = `y${outputs.size}`;
    outputs.set(buffer, name);
    bindings.push({ name, access: "write" });
    buffers.push(buffer);
    return name;
  };
  const pieceText = (piece: StorePiece, id: string, row: string): string => {
    const output = outputOf(piece.buffer);
    params[`y${id}0`] = piece.offset;
    params[`y${id}Batch`] = piece.batch;
    params[`y${id}Row`] = piece.row;
    const start = `p.y${id}0 + batch * p.y${id}Batch + ${row} * p.y${id}Row`;
    if (piece.head === undefined) return `${output}[${start} + c] = value;`;
    params[`y${id}Head`] = piece.head;
    return `${output}[${start} + (c / headSize) * p.y${id}Head + c % headSize] = value;`;
  };
  let first = 0;
  const branches = parts.map((part, i) => {
    const [one, two] = part.pieces.map((piece, j) =>
      pieceText(piece, `${i}${"ab"[j]}`, j === 0 ? "r" : `(r - p.cut${i})`),
    );
    if (two !== undefined) params[`cut${i}`] = part.cut;
    const heads = part.pieces.some(({ head }) => head !== undefined);
    const statements = [
      first === 0 ? "let c = column;" : `let c = column - ${first}u;`,
      ...(heads ? [`let headSize = ${part.headSize}u;`] : []),
      two === undefined ? (one ?? "") : `if (r < p.cut${i}) { ${one} } else { ${two} }`,
    ];
    first += part.columns;
    const block = statements.map((line) => `    ${line}`).join("\n");
    const isLast = i === parts.length - 1;
    return isLast ? `{\n${block}\n  }` : `if (column < ${first}u) {\n${block}\n  } else `;
  });
  const declarations = `
${activation === undefined ? "" : activationText(activation).replace(/^ {2}/gm, "")}
fn store(row: u32, column: u32, sum: f32) {
  let batch = row / p.s;
  let r = row % p.s;
  var value = sum;
${columnScales ? "  value *= scales[p.w0 + column];" : ""}
${bias === undefined ? "" : "  value += bias[p.bias0 + column];"}
${activation === undefined ? "" : "  value = activation(value);"}
${residual === undefined ? "" : "  value += residual[p.residual0 + batch * p.residualBatch + r * p.residualRow + column];"}
  ${branches.join("")}
}`;
  return { bindings, buffers, params, declarations };
}
