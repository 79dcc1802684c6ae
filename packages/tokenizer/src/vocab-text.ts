// vocab.txt: one piece a line, its id the number of the line from 0.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";

/** Most pieces of a vocabulary; the largest of BERT's kind have 120,000. */
export const maxPieces = 1_000_000;

/**
 * Reads vocab.txt into ids by piece. Lines may end in CRLF, a byte order mark is skipped, empty lines at the end do not
 * count. Throws "invalid-tokenizer" on bytes that are not UTF-8, on more than 1,000,000 pieces, and on duplicates.
 */
export function readVocabText(source: string | Uint8Array, subject: string): Map<string, number> {
  if (typeof source !== "string" && !ArrayBuffer.isView(source)) {
    const expected = "its text, or UTF-8 bytes in a Uint8Array";
    throw new GlimpseError(
      { subject, problem: "the vocabulary is of the wrong kind", expected, got: show(source) },
      { code: "invalid-argument" },
    );
  }
  const text = (typeof source === "string" ? source : decodeUtf8(source, subject)).replace(/^\ufeff/, "");
  const lines = text.split("\n", maxPieces + 2).map((line) => line.trimEnd()); // as the Rust library does
  while (lines.at(-1) === "") lines.pop();
  if (lines.length > maxPieces) throw tooManyPieces(subject, `more than ${maxPieces}`);

  const pieces = new Map<string, number>();
  const problems: Problem[] = [];
  for (const [id, piece] of lines.entries()) {
    const earlier = pieces.get(piece);
    if (earlier === undefined) pieces.set(piece, id);
    else {
      const got = `${show(piece)} of line ${earlier + 1} again`;
      problems.push({ subject: `${subject} line ${id + 1}`, problem: "the piece is a duplicate", got });
    }
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-tokenizer" });
  return pieces;
}

/**
 * Writes vocab.txt. Throws "unsupported" where lines cannot say a vocabulary: an id between others has no piece, or a
 * piece holds a line break, ends in white space, or is empty and the last.
 */
export function writeVocabText(pieces: ReadonlyMap<string, number>): string {
  const sorted = [...pieces].sort(([, a], [, b]) => a - b);
  for (const [line, [piece, id]] of sorted.entries()) {
    const lost = piece.includes("\n") || piece.trimEnd() !== piece || (piece === "" && line === sorted.length - 1);
    if (id === line && !lost) continue;
    const problem = id === line ? "the piece cannot stand in a line" : "no piece has this id";
    const [subject, got] = [`vocab.txt line ${line + 1}`, `${show(piece)} with the id ${id}`];
    throw new GlimpseError({ subject, problem, got, advice: "Write tokenizer.json instead." }, { code: "unsupported" });
  }
  return sorted.map(([piece]) => `${piece}\n`).join("");
}

/** The error for a vocabulary beyond {@link maxPieces}. */
export function tooManyPieces(subject: string, got: string): GlimpseError {
  const expected = `at most ${maxPieces} pieces`;
  return new GlimpseError(
    { subject, problem: "the vocabulary is too large", expected, got },
    { code: "invalid-tokenizer" },
  );
}

function decodeUtf8(bytes: Uint8Array, subject: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GlimpseError({ subject, problem: "the text is not valid UTF-8" }, { code: "invalid-tokenizer", cause });
  }
}
