// The sample pictures and clips that lie beside the page.
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { messageOf } from "../port/client.ts";
import { closeCamera } from "./camera.ts";
import { show } from "./session.ts";
import { subjectError } from "./subject.ts";

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

/** Shows a sample on the stage. */
export async function showSample(sample: Sample): Promise<void> {
  try {
    const data = await fetchSample(sample);
    closeCamera();
    await show({ kind: sample.kind, name: `sample ${sample.kind}`, data, url: URL.createObjectURL(data), sample });
  } catch (error) {
    subjectError.value = messageOf(error);
  }
}

async function fetchSample({ file }: Sample): Promise<Blob> {
  const response = await fetch(sampleUrl(file));
  if (!response.ok) throw new Error(`${file}: it could not be fetched, got status ${response.status}.`);
  return response.blob();
}
