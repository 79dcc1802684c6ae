// A data set for `glimpse eval`: pictures with what people say about them, from samples.json, JSONL or TSV. Pictures are
// not read here.
import { GlimpseError, type Problem, parseJson, show } from "@glimpsejs/base";
import type { FileReader } from "../host.ts";
import { JsonReader } from "../json-reader.ts";

/** One picture, with references, or with a question and its answers, or with both. */
export interface Sample {
  /** Its file and question as one text, unique in the data set. */
  readonly id: string;
  /** As the data set names it. */
  readonly file: string;
  /** Path or URL. */
  readonly picture: string;
  /** Captions by people; none where no caption is wanted. */
  readonly references: readonly string[];
  readonly question: string | undefined;
  /** Answers by people; none without a question. */
  readonly answers: readonly string[];
}

type Row = Pick<Sample, "file" | "references" | "question" | "answers">;

const columns: readonly string[] = ["file", "references", "question", "answers"];

/**
 * Reads `data`: a .jsonl or .tsv file, or a folder with a samples.json that is a list or holds one under "held_out".
 * Pictures are named relative to it. Throws "missing-file", "invalid-json", and "invalid-argument" listing every sample
 * that says too little or stands twice.
 */
export async function readSamples(data: string, files: FileReader): Promise<readonly Sample[]> {
  const isTable = /\.(jsonl|tsv)$/i.test(data);
  const file = isTable ? data : `${data.replace(/(?<=.)[/\\]+$/, "")}/samples.json`;
  if (!(await files.exists(file))) {
    throw new GlimpseError(
      { subject: file, problem: "it is not there", expected: "a folder with a samples.json, or a .jsonl or .tsv file" },
      { code: "missing-file" },
    );
  }
  const bytes = await files.read(file);
  const rows = !isTable ? readJson(bytes, file) : /\.tsv$/i.test(data) ? readTsv(bytes, file) : readJsonl(bytes, file);
  const folder = file.replace(/[^/\\]*$/, "");
  const samples = rows.map((row) => ({ ...row, id: sampleId(row), picture: pictureOf(folder, row.file) }));
  check(samples, file);
  return samples;
}

/** What a sample, or a result, is known by. */
export function sampleId({ file, question }: Pick<Sample, "file" | "question">): string {
  return question === undefined ? file : `${file}\n${question}`;
}

function readJson(bytes: Uint8Array, file: string): Row[] {
  const value = parseJson(bytes, file);
  const json = new JsonReader(value, file);
  return (Array.isArray(value) ? json : json.member("held_out")).items().map(readRow);
}

function readJsonl(bytes: Uint8Array, file: string): Row[] {
  return lines(decode(bytes, file)).map(([text, place]) => {
    const subject = `${file}, line ${place}`;
    return readRow(new JsonReader(parseJson(text, subject), subject));
  });
}

function readRow(json: JsonReader): Row {
  const texts = (name: string) => (json.optional(name)?.items() ?? []).map((item) => item.string());
  return {
    file: json.member("file").string(),
    references: texts("references"),
    question: json.optional("question")?.string(),
    answers: texts("answers"),
  };
}

/** The first line names the columns. References, and answers, are separated by "|"; an empty cell is no text. */
function readTsv(bytes: Uint8Array, file: string): Row[] {
  const [header, ...rows] = lines(decode(bytes, file));
  const names = header?.[0].split("\t") ?? [];
  if (!names.includes("file") || names.some((name, i) => !columns.includes(name) || names.indexOf(name) !== i)) {
    throw new GlimpseError(
      {
        subject: `${file}, line 1`,
        problem: "the names of the columns are wrong",
        expected: `file, and of references, question and answers those that there are, separated by tabs`,
        got: show(header?.[0] ?? ""),
      },
      { code: "invalid-argument" },
    );
  }
  return rows.map(([text, place]) => {
    const cells = text.split("\t");
    if (cells.length > names.length) {
      const problem = { subject: `${file}, line ${place}`, problem: "it has more columns than the first line names" };
      throw new GlimpseError(problem, { code: "invalid-argument" });
    }
    const cell = (name: string) => cells[names.indexOf(name)]?.trim() ?? "";
    const texts = (name: string) =>
      cell(name)
        .split("|")
        .map((part) => part.trim())
        .filter((part) => part !== "");
    const question = cell("question");
    return {
      file: cell("file"),
      references: texts("references"),
      question: question === "" ? undefined : question,
      answers: texts("answers"),
    };
  });
}

/** Lines that say anything, with their numbers. */
function lines(text: string): (readonly [text: string, place: number])[] {
  return text
    .split(/\r?\n/)
    .map((line, i) => [line, i + 1] as const)
    .filter(([line]) => line.trim() !== "");
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GlimpseError({ subject: file, problem: "the text is not valid UTF-8" }, { code: "invalid-json", cause });
  }
}

function pictureOf(folder: string, file: string): string {
  const stands = /^(?:[/\\]|[a-z][a-z0-9+.-]*:)/i.test(file); // a URL, /… or C:\…
  return stands ? file : `${folder}${file}`;
}

function check(samples: readonly Sample[], file: string): void {
  if (samples.length === 0) {
    throw new GlimpseError({ subject: file, problem: "there are no samples in it" }, { code: "invalid-argument" });
  }
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [i, { id, file: picture, references, question, answers }] of samples.entries()) {
    const subject = `${file}, sample ${i + 1} (${show(picture)})`;
    const refuse = (problem: string) => problems.push({ subject, problem });
    if (picture === "") refuse("it names no file");
    if (references.length === 0 && question === undefined) refuse("it has neither references nor a question");
    if (question !== undefined && answers.length === 0) refuse("it has a question without answers");
    if (question === undefined && answers.length > 0) refuse("it has answers without a question");
    if (seen.has(id)) refuse("the same file and question stand above");
    seen.add(id);
  }
  if (problems.length > 0) throw new GlimpseError(problems, { code: "invalid-argument" });
}
