// What the page is doing: the model, the picture, its caption, the thread of questions, the beams. Components read the
// signals and call the functions; nothing here touches the document.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { isAbort, ModelClient, WorkerError } from "../port/client.ts";
import type {
  BackendId,
  BackendStatus,
  BeamStep,
  Encoded,
  ExplainedWord,
  FileProgress,
  LoadedModel,
  Source,
  WrittenText,
} from "../port/protocol.ts";
import type { Sample } from "./samples.ts";
import { backendIds, changeSettings, settings } from "./settings.ts";

/** The model, from nothing to ready. */
export type ModelState =
  | { readonly phase: "none" }
  | { readonly phase: "loading"; readonly name: string; readonly files: readonly FileProgress[] }
  | {
      readonly phase: "ready";
      readonly name: string;
      readonly model: LoadedModel;
      /** Backends that the automatic choice tried before, which could not be opened after all. */
      readonly passedOver: readonly BackendId[];
    }
  | { readonly phase: "failed"; readonly name: string; readonly error: string };

/** What is looked at. */
export interface Subject {
  readonly kind: "picture" | "clip";
  readonly name: string;
  readonly data: Blob;
  /** An object URL of `data`. */
  readonly url: string;
  readonly sample?: Sample | undefined;
}

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

export const backends = signal<readonly BackendStatus[] | undefined>(undefined);
export const model = signal<ModelState>({ phase: "none" });
export const subject = signal<Subject | undefined>(undefined);
export const subjectError = signal<string | undefined>(undefined);
export const encoded = signal<Encoded | undefined>(undefined);
/** The caption first, then the answers in the order they were asked. */
export const texts = signal<readonly TextState[]>([]);
export const beams = signal<BeamState | undefined>(undefined);
/** The word under the pointer or focus, and whether it stays when they leave. */
export const look = signal<(Look & { readonly pinned: boolean }) | undefined>(undefined);
/** A checkpoint of the person's own disk; used instead of settings.model while it is there. */
export const folder = signal<{ readonly name: string; readonly files: readonly File[] } | undefined>(undefined);

/** Whether the webcam is captioned as a clip, which wants a checkpoint for clips. */
export const liveClip = signal(false);

/** How many frames the text of a live clip is about. */
export const liveFrames = signal(0);

/** The backend that "auto" means. */
export const automaticBackend: ReadonlySignal<BackendId> = computed(() => {
  const { model: id } = settings.value;
  // The demo checkpoint is small enough for the interpreter, which needs no download of a runtime.
  if (id === undefined && folder.value === undefined) return "reference";
  const { dtype } = settings.value;
  const fit = ({ unavailable, slow, dtypes }: BackendStatus) =>
    unavailable === undefined && !slow && dtypes.includes(dtype);
  const available = backends.value?.filter(fit) ?? [];
  return backendIds.find((wanted) => available.some(({ id }) => id === wanted)) ?? "reference";
});

/** The backend chosen, or what "auto" means. */
export const chosenBackend: ReadonlySignal<BackendId> = computed(() => {
  const { backend } = settings.value;
  return backend === "auto" ? automaticBackend.value : backend;
});

/** The explained word that is looked at. */
export const lookedAt: ReadonlySignal<ExplainedWord | undefined> = computed(() => {
  const at = look.value;
  return at && texts.value[at.text]?.words?.[at.word];
});

let client: ModelClient | undefined;
/** What `client` has loaded or is loading. */
let source: Source | undefined;
let loading: AbortController | undefined;
let working = new AbortController();
let explaining: AbortController | undefined;
/** Texts are written one after the other, so that each is measured alone. */
let queue: Promise<void> = Promise.resolve();

/** Asks which backends there are. */
export async function surveyBackends(): Promise<void> {
  const surveyor = new ModelClient();
  try {
    backends.value = await surveyor.call("survey", null);
  } finally {
    surveyor.close();
  }
}

/** The checkpoint that the settings and the picture ask for. */
export function wantedSource(): Source {
  if (folder.value !== undefined) return { kind: "folder", ...folder.value };
  const id = settings.value.model;
  if (id !== undefined) return { kind: "hub", id };
  return { kind: liveClip.value || subject.value?.kind === "clip" ? "demo-clips" : "demo" };
}

/** What a person calls a checkpoint. */
export function sourceName(source: Source): string {
  if (source.kind === "demo") return "Demo checkpoint";
  if (source.kind === "demo-clips") return "Demo checkpoint for clips";
  return source.kind === "hub" ? source.id : source.name;
}

/**
 * Loads the model that the settings name; on success looks at the picture again. Where the choice of a backend is left to
 * the page, one that cannot be opened after all, a GPU that computes wrong for example, makes room for the next.
 */
export async function loadModel(passedOver: readonly BackendId[] = []): Promise<void> {
  closeModel();
  source = wantedSource();
  const name = sourceName(source);
  const backend = chosenBackend.value;
  const controller = new AbortController();
  loading = controller;
  const files = new Map<string, FileProgress>();
  model.value = { phase: "loading", name, files: [] };
  const fresh = new ModelClient();
  client = fresh;
  controller.signal.addEventListener("abort", () => fresh.close());
  try {
    const request = { source, backend, dtype: settings.value.dtype };
    const onEvent = (progress: FileProgress) => {
      files.set(progress.file, progress);
      if (client === fresh) model.value = { phase: "loading", name, files: [...files.values()] };
    };
    const ready = await fresh.call("load", request, { signal: controller.signal, onEvent });
    if (client !== fresh) return;
    mark(backend, undefined);
    model.value = { phase: "ready", name, model: ready, passedOver };
    await lookAgain();
  } catch (error) {
    if (client !== fresh) return;
    client = undefined;
    source = undefined;
    fresh.close();
    if (error instanceof WorkerError && error.code === "backend-unavailable") {
      mark(backend, error.message);
      if (chosenBackend.value !== backend) return loadModel([...passedOver, backend]);
    }
    model.value = isAbort(error) ? { phase: "none" } : { phase: "failed", name, error: messageOf(error) };
    dropTexts();
  }
}

/** With a reason a backend is greyed out from now on, and an automatic choice is the next one; without one it is there (again). */
function mark(backend: BackendId, unavailable: string | undefined): void {
  backends.value = backends.value?.map((status) => (status.id === backend ? { ...status, unavailable } : status));
}

/** Stops a load that is under way. */
export function cancelLoad(): void {
  loading?.abort();
}

/** Looks at a picture or clip: encodes it and captions it. */
export async function show(next: Subject): Promise<void> {
  const before = subject.value;
  subject.value = next;
  subjectError.value = undefined;
  if (before !== undefined && before.url !== next.url) URL.revokeObjectURL(before.url);
  // The demo is two checkpoints: one for pictures, one for clips.
  if (source !== undefined && source.kind !== wantedSource().kind) return loadModel();
  await lookAgain();
}

/** Takes the picture away. */
export function clear(): void {
  if (subject.value !== undefined) URL.revokeObjectURL(subject.value.url);
  subject.value = undefined;
  subjectError.value = undefined;
  dropTexts();
  releasePicture();
}

/** Makes ready for a live clip: another checkpoint of the demo, and no picture. False, with the reason shown, if none can be. */
export async function beginLiveClip(): Promise<boolean> {
  clear();
  liveClip.value = true;
  if (source === undefined || source.kind !== wantedSource().kind) await loadModel();
  if (model.value.phase !== "ready") return false;
  if (model.value.model.frames !== undefined) return true;
  subjectError.value = `${model.value.name}: it was trained on pictures, not on clips. Choose a checkpoint for clips.`;
  return false;
}

/** Gives the model the webcam's newest frame and shows the text; false when it is no longer wanted. */
export async function showLive(frame: VideoFrame): Promise<boolean> {
  const { signal } = working;
  const ready = client;
  if (ready === undefined || !liveClip.value) {
    frame.close();
    return false;
  }
  try {
    const { text, frames } = await ready.call("live", frame, { signal, transfer: [frame] });
    if (signal.aborted || !liveClip.value) return false;
    texts.value = [{ question: undefined, phase: "writing", text }];
    liveFrames.value = frames;
    return true;
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) subjectError.value = messageOf(error);
    return false;
  }
}

/** Ends it. */
export function endLiveClip(): void {
  if (!liveClip.value) return;
  liveClip.value = false;
  liveFrames.value = 0;
  client?.call("endLive", null).catch(() => undefined);
  dropTexts();
}

async function lookAgain(): Promise<void> {
  const at = subject.value;
  const ready = client;
  dropTexts();
  releasePicture();
  if (at === undefined || ready === undefined || model.value.phase !== "ready") return;
  const { signal } = working;
  texts.value = [{ question: undefined, phase: "waiting", text: "" }];
  try {
    const result = await ready.call("encode", { kind: at.kind, data: at.data }, { signal });
    if (signal.aborted) return void ready.call("release", result.key).catch(() => undefined);
    encoded.value = result;
    await write(0);
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    texts.value = [];
    subjectError.value = messageOf(error);
  }
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
  if (client === undefined || key === undefined) return;
  const change = (state: Partial<TextState>) => {
    if (!signal.aborted) texts.value = texts.value.map((text, i) => (i === index ? { ...text, ...state } : text));
  };
  try {
    let text = "";
    const onEvent = (piece: string) => {
      text += piece;
      change({ phase: "writing", text });
    };
    const result = await client.call("write", { key, question }, { signal, onEvent });
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
  if (text?.phase !== "done" || text.words !== undefined || client === undefined || key === undefined) return;
  if (explaining !== undefined) return;
  const controller = new AbortController();
  explaining = controller;
  const { signal } = working;
  signal.addEventListener("abort", () => controller.abort(), { signal: controller.signal });
  try {
    const words = await client.call("explain", { key, question: text.question }, { signal: controller.signal });
    if (!signal.aborted) texts.value = texts.value.map((other, i) => (i === at.text ? { ...other, words } : other));
  } catch (error) {
    if (!isAbort(error)) look.value = undefined;
  } finally {
    explaining = undefined;
  }
  // The pointer may have gone to another text meanwhile.
  const now = look.value;
  if (now !== undefined && now.text !== at.text) await lookAt(now, now.pinned);
}

/** Ends a look, unless it is pinned. */
export function lookAway(): void {
  if (look.value?.pinned === false) look.value = undefined;
}

/** Grows a tree of beams about the picture, for the caption. */
export async function growBeams(): Promise<void> {
  const key = encoded.value?.key;
  if (client === undefined || key === undefined) return;
  const { signal } = working;
  beams.value = { phase: "growing", steps: [] };
  try {
    const { numBeams } = settings.value;
    const onEvent = (step: BeamStep) => {
      const state = beams.value;
      if (!signal.aborted && state !== undefined) beams.value = { ...state, steps: [...state.steps, step] };
    };
    const result = await client.call("beams", { key, question: undefined, numBeams }, { signal, onEvent });
    if (!signal.aborted) beams.value = { phase: "done", steps: beams.value?.steps ?? [], result };
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) beams.value = { phase: "failed", steps: [], error: messageOf(error) };
  }
}

/** Chooses a checkpoint of the person's disk, or of the Hub, or (undefined) the bundled one, and loads it. */
export async function chooseModel(
  choice: { readonly name: string; readonly files: readonly File[] } | string | undefined,
): Promise<void> {
  folder.value = typeof choice === "object" ? choice : undefined;
  changeSettings({ model: typeof choice === "string" ? choice : undefined });
  await loadModel();
}

function dropTexts(): void {
  working.abort();
  working = new AbortController();
  texts.value = [];
  beams.value = undefined;
  look.value = undefined;
}

function releasePicture(): void {
  const old = encoded.value;
  encoded.value = undefined;
  if (old === undefined) return;
  for (const frame of old.frames) frame.close();
  // A closed worker has nothing to release.
  client?.call("release", old.key).catch(() => undefined);
}

function closeModel(): void {
  dropTexts();
  loading?.abort();
  client?.close();
  client = undefined;
  source = undefined;
  releasePicture();
}

/** An error as a person reads it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
