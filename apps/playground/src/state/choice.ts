// What a load takes: the checkpoint that the settings and the picture ask for, and the backend, of those that this
// browser has. Loading itself is session.ts.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { ModelClient } from "../port/client.ts";
import type { BackendId, BackendStatus, Source } from "../port/protocol.ts";
import { backendIds, settings } from "./settings.ts";
import { liveClip, subject } from "./subject.ts";

/** A folder with a checkpoint. */
export interface Folder {
  readonly name: string;
  readonly files: readonly File[];
}

/** A checkpoint of the person's own disk; used instead of settings.model while it is there. */
export const folder = signal<Folder | undefined>(undefined);

/** The backends as this browser finds them; undefined until it was asked. */
export const backends = signal<readonly BackendStatus[] | undefined>(undefined);

/** The backend that "auto" means. */
export const automaticBackend: ReadonlySignal<BackendId> = computed(() => {
  const { model, dtype } = settings.value;
  // The demo checkpoint is small enough for the interpreter, which needs no download of a runtime.
  if (model === undefined && folder.value === undefined) return "reference";
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

/** Asks which backends there are. */
export async function surveyBackends(): Promise<void> {
  const surveyor = new ModelClient();
  try {
    backends.value = await surveyor.call("survey", null);
  } finally {
    surveyor.close();
  }
}

/**
 * Notes what opening a backend has shown: with a reason it is greyed out from now on, and an automatic choice is the
 * next one; without one it is there (again).
 */
export function markBackend(backend: BackendId, unavailable: string | undefined): void {
  backends.value = backends.value?.map((status) => (status.id === backend ? { ...status, unavailable } : status));
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
