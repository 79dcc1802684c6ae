// What is looked at: a picture, a clip, or the webcam as a clip. Only which it is: session.ts shows another one.
import { signal } from "@preact/signals";
import type { SubjectData } from "../port/protocol.ts";
import type { Sample } from "./samples.ts";

/** A picture or clip with what the page says about it. */
export interface Subject extends SubjectData {
  readonly name: string;
  /** An object URL of `data`. */
  readonly url: string;
  readonly sample?: Sample | undefined;
}

export const subject = signal<Subject | undefined>(undefined);

/** Why what was wanted cannot be looked at. */
export const subjectError = signal<string | undefined>(undefined);

/** Whether the webcam is captioned as a clip, which wants a checkpoint for clips. */
export const liveClip = signal(false);

/** How many frames the text of a live clip is about. */
export const liveFrames = signal(0);

/** Puts another picture or clip, or none, in the place of the one before. */
export function replaceSubject(next: Subject | undefined): void {
  const before = subject.value;
  subject.value = next;
  subjectError.value = undefined;
  if (before !== undefined && before.url !== next?.url) URL.revokeObjectURL(before.url);
}
