// The model, from nothing to ready, and what it is given to look at: where a load, the picture, the webcam and what was
// written about them have to change together. Components call the functions; nothing here touches the document.
import { signal } from "@preact/signals";
import { isAbort, ModelClient, messageOf, WorkerError } from "../port/client.ts";
import type { BackendId, FileProgress, LoadedModel, Source } from "../port/protocol.ts";
import { chosenBackend, type Folder, folder, markBackend, sourceName, wantedSource } from "./choice.ts";
import { changeSettings, settings } from "./settings.ts";
import { liveClip, liveFrames, replaceSubject, type Subject, subject, subjectError } from "./subject.ts";
import { captionFrame, captionSubject, forgetPicture } from "./texts.ts";

/** How far the model is. */
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

export const model = signal<ModelState>({ phase: "none" });

let client: ModelClient | undefined;
/** What `client` has loaded or is loading. */
let source: Source | undefined;
let loading: AbortController | undefined;

/** Chooses a checkpoint of the person's disk, or of the Hub, or (undefined) the bundled one, and loads it. */
export async function chooseModel(choice: Folder | string | undefined): Promise<void> {
  folder.value = typeof choice === "object" ? choice : undefined;
  changeSettings({ model: typeof choice === "string" ? choice : undefined });
  await loadModel();
}

/**
 * Loads the model that the settings name; on success looks at the picture again. Where the choice of a backend is left
 * to the page, one that cannot be opened after all, a GPU that computes wrong for example, makes room for the next.
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
    markBackend(backend, undefined);
    model.value = { phase: "ready", name, model: ready, passedOver };
    await lookAgain();
  } catch (error) {
    if (client !== fresh) return;
    client = undefined;
    source = undefined;
    fresh.close();
    if (error instanceof WorkerError && error.code === "backend-unavailable") {
      markBackend(backend, error.message);
      if (chosenBackend.value !== backend) return loadModel([...passedOver, backend]);
    }
    model.value = isAbort(error) ? { phase: "none" } : { phase: "failed", name, error: messageOf(error) };
    forgetPicture();
  }
}

/** Stops a load that is under way. */
export function cancelLoad(): void {
  loading?.abort();
}

function closeModel(): void {
  forgetPicture();
  loading?.abort();
  client?.close();
  client = undefined;
  source = undefined;
}

/** Looks at a picture or clip: encodes it and captions it. */
export async function show(next: Subject): Promise<void> {
  replaceSubject(next);
  // The demo is two checkpoints: one for pictures, one for clips.
  if (source !== undefined && source.kind !== wantedSource().kind) return loadModel();
  await lookAgain();
}

/** Takes the picture away. */
export function clear(): void {
  replaceSubject(undefined);
  forgetPicture();
}

async function lookAgain(): Promise<void> {
  forgetPicture();
  if (subject.value === undefined || client === undefined || model.value.phase !== "ready") return;
  await captionSubject(client, subject.value);
}

/** Makes ready for a live clip: no picture, and the demo's checkpoint for clips. False, and says why, if it fails. */
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
  if (client !== undefined && liveClip.value) return captionFrame(client, frame);
  frame.close();
  return false;
}

/** Ends the live clip, if there is one. */
export function endLiveClip(): void {
  if (!liveClip.value) return;
  liveClip.value = false;
  liveFrames.value = 0;
  client?.call("endLive", null).catch(() => undefined);
  forgetPicture();
}
