// What a model writes about one encoded picture: the caption, the answers, where it looked for each word, the beams.
// All of it belongs to that picture, and goes with it when the next one or another model comes.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { isAbort, type ModelClient, messageOf } from "../port/client.ts";
import type { BeamStep, Encoded, ExplainedWord, SubjectData, WrittenText } from "../port/protocol.ts";
import { settings } from "./settings.ts";
import { liveFrames, subjectError } from "./subject.ts";

/** A text that is being written, or was. */
export interface TextState {
  /** What it answers; undefined for the caption. */
  readonly question: string | undefined;
  readonly phase: "waiting" | "writing" | "done" | "failed";
  readonly text: string;
  readonly result?: WrittenText | undefined;
  readonly error?: string | undefined;
  readonly words?: readonly ExplainedWord[] | undefined;
}

/** A beam search, as it goes. */
export interface BeamState {
  readonly phase: "growing" | "done" | "failed";
  readonly steps: readonly BeamStep[];
  readonly result?: BeamStep | undefined;
  readonly error?: string | undefined;
}

/** A word whose heat map is shown. */
export interface Look {
  readonly text: number;
  readonly word: number;
}

export const encoded = signal<Encoded | undefined>(undefined);
/** The caption first, then the answers in the order they were asked. */
export const texts = signal<readonly TextState[]>([]);
export const beams = signal<BeamState | undefined>(undefined);
/** The word under the pointer or focus, and whether it stays when they leave. */
export const look = signal<(Look & { readonly pinned: boolean }) | undefined>(undefined);

/** The explained word that is looked at. */
export const lookedAt: ReadonlySignal<ExplainedWord | undefined> = computed(() => {
  const at = look.value;
  return at && texts.value[at.text]?.words?.[at.word];
});

/** The worker that keeps `encoded`. */
let keeper: ModelClient | undefined;
/** Aborted when the picture goes: nothing that is under way about it is wanted any more. */
let working = new AbortController();
let explaining = false;
/** Texts are written one after the other, so that each is measured alone. */
let queue: Promise<void> = Promise.resolve();

/** Encodes a picture or clip and captions it. */
export async function captionSubject(client: ModelClient, { kind, data }: SubjectData): Promise<void> {
  const { signal } = working;
  texts.value = [{ question: undefined, phase: "waiting", text: "" }];
  try {
    const result = await client.call("encode", { kind, data }, { signal });
    if (signal.aborted) return void client.call("release", result.key).catch(() => undefined);
    keeper = client;
    encoded.value = result;
    await write(0);
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    texts.value = [];
    subjectError.value = messageOf(error);
  }
}

/** Captions the webcam's newest frame with those before it; false when that is no longer wanted, or failed. */
export async function captionFrame(client: ModelClient, frame: VideoFrame): Promise<boolean> {
  const { signal } = working;
  try {
    const { text, frames } = await client.call("live", frame, { signal, transfer: [frame] });
    if (signal.aborted) return false;
    texts.value = [{ question: undefined, phase: "writing", text }];
    liveFrames.value = frames;
    return true;
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) subjectError.value = messageOf(error);
    return false;
  }
}

/** Milliseconds for each token after the first, which also reads the picture and the prompt. */
export function perToken({ milliseconds, firstMilliseconds, tokens }: WrittenText): number {
  return (milliseconds - firstMilliseconds) / Math.max(1, tokens - 1);
}

/** Asks a question about the encoded picture. */
export async function ask(question: string): Promise<void> {
  const index = texts.value.length;
  texts.value = [...texts.value, { question, phase: "waiting", text: "" }];
  await write(index);
}

function write(index: number): Promise<void> {
  const { signal } = working;
  const run = queue.then(() => (signal.aborted ? undefined : writeNow(index, signal)));
  queue = run;
  return run;
}

async function writeNow(index: number, signal: AbortSignal): Promise<void> {
  const key = encoded.value?.key;
  const question = texts.value[index]?.question;
  if (keeper === undefined || key === undefined) return;
  const change = (state: Partial<TextState>) => {
    if (!signal.aborted) texts.value = texts.value.map((text, i) => (i === index ? { ...text, ...state } : text));
  };
  try {
    let text = "";
    const onEvent = (piece: string) => {
      text += piece;
      change({ phase: "writing", text });
    };
    const result = await keeper.call("write", { key, question }, { signal, onEvent });
    change({ phase: "done", text: result.text, result });
  } catch (error) {
    if (!isAbort(error)) change({ phase: "failed", error: messageOf(error) });
  }
}

/** Shows where the model looked when it wrote a word; the heat maps of a text are computed when first asked for. */
export async function lookAt(at: Look, pinned = false): Promise<void> {
  look.value = { ...at, pinned };
  const text = texts.value[at.text];
  const key = encoded.value?.key;
  if (text?.phase !== "done" || text.words !== undefined || keeper === undefined || key === undefined) return;
  if (explaining) return;
  explaining = true;
  const { signal } = working;
  try {
    const words = await keeper.call("explain", { key, question: text.question }, { signal });
    if (!signal.aborted) texts.value = texts.value.map((other, i) => (i === at.text ? { ...other, words } : other));
  } catch (error) {
    if (!isAbort(error)) look.value = undefined;
  } finally {
    explaining = false;
  }
  // The pointer may have gone to another text meanwhile, which of another picture may have the same number.
  const now = look.value;
  if (now !== undefined && (now.text !== at.text || signal.aborted)) await lookAt(now, now.pinned);
}

/** Ends a look, unless it is pinned. */
export function lookAway(): void {
  if (look.value?.pinned === false) endLook();
}

/** Ends a look, also one that is pinned. */
export function endLook(): void {
  look.value = undefined;
}

/** Grows a tree of beams about the picture, for the caption. */
export async function growBeams(): Promise<void> {
  const key = encoded.value?.key;
  if (keeper === undefined || key === undefined) return;
  const { signal } = working;
  beams.value = { phase: "growing", steps: [] };
  try {
    const { numBeams } = settings.value;
    const onEvent = (step: BeamStep) => {
      const state = beams.value;
      if (!signal.aborted && state !== undefined) beams.value = { ...state, steps: [...state.steps, step] };
    };
    const result = await keeper.call("beams", { key, question: undefined, numBeams }, { signal, onEvent });
    if (!signal.aborted) beams.value = { phase: "done", steps: beams.value?.steps ?? [], result };
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) beams.value = { phase: "failed", steps: [], error: messageOf(error) };
  }
}

/** Drops all that was written, and lets go of the encoded picture. */
export function forgetPicture(): void {
  working.abort();
  working = new AbortController();
  texts.value = [];
  beams.value = undefined;
  look.value = undefined;
  const old = encoded.value;
  encoded.value = undefined;
  if (old === undefined) return;
  for (const frame of old.frames) frame.close();
  // A closed worker has nothing to release.
  keeper?.call("release", old.key).catch(() => undefined);
  keeper = undefined;
}
