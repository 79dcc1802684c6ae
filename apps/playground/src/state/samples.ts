// The sample pictures and clips that lie beside the page.
import { sampleFiles } from "@glimpsejs/demo-model/samples";

/** One of them. */
export interface Sample {
  readonly file: string;
  readonly kind: "picture" | "clip";
  /** Questions worth asking about it. */
  readonly questions: readonly string[];
}

interface SampleList {
  readonly pictures: readonly SampleEntry[];
  readonly clips: readonly SampleEntry[];
}

interface SampleEntry {
  readonly file: string;
  readonly questions: readonly { readonly question: string }[];
}

/** The list of them. */
export async function listSamples(): Promise<readonly Sample[]> {
  const response = await fetch(sampleUrl("samples.json"));
  const { pictures, clips }: SampleList = await response.json();
  const read =
    (kind: Sample["kind"]) =>
    ({ file, questions }: SampleEntry): Sample => ({ file, kind, questions: questions.map((q) => q.question) });
  return [...pictures.map(read("picture")), ...clips.map(read("clip"))];
}

/** Where a sample lies. */
export function sampleUrl(file: string): string {
  return String(sampleFiles[file] ?? file);
}

/** A sample's file. */
export async function fetchSample({ file }: Sample): Promise<Blob> {
  const response = await fetch(sampleUrl(file));
  if (!response.ok) throw new Error(`${file}: it could not be fetched, got status ${response.status}.`);
  return response.blob();
}
