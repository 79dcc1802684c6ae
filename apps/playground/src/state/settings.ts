// What a person has chosen, and the link that shares it: model, backend, precision, beams. Never a picture or a
// question.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { BackendId, Dtype } from "../port/protocol.ts";

/** A backend, or the choice left to the page. */
export type BackendChoice = BackendId | "auto";

/** What can be chosen and shared. */
export interface Settings {
  /** Hub id of a checkpoint; undefined for the bundled one. */
  readonly model: string | undefined;
  readonly backend: BackendChoice;
  readonly dtype: Dtype;
  readonly numBeams: number;
}

/** The settings of a fresh page. */
export const defaultSettings: Settings = { model: undefined, backend: "auto", dtype: "fp32", numBeams: 4 };

/** Every backend, the quickest first. */
export const backendIds: readonly BackendId[] = ["webgpu", "ort-webgpu", "ort-wasm", "reference"];

/** Every precision, the most exact first. */
export const dtypes: readonly Dtype[] = ["fp32", "fp16", "int8", "int4"];

/** How many beams a search may have here. */
export const beamCounts: readonly number[] = [2, 3, 4, 5, 6];

const current = signal<Settings>(defaultSettings);

/** The settings as they are. */
export const settings: ReadonlySignal<Settings> = current;

/** Changes some of them. */
export function changeSettings(change: Partial<Settings>): void {
  current.value = { ...current.value, ...change };
}

/** The fragment of a share link: only what differs from a fresh page, "" if nothing does. */
export function toFragment({ model, backend, dtype, numBeams }: Settings): string {
  const parameters = new URLSearchParams();
  if (model !== undefined) parameters.set("model", model);
  if (backend !== defaultSettings.backend) parameters.set("backend", backend);
  if (dtype !== defaultSettings.dtype) parameters.set("dtype", dtype);
  if (numBeams !== defaultSettings.numBeams) parameters.set("beams", String(numBeams));
  // A slash is legal in a fragment, and a link with it can be read.
  return parameters.toString().replaceAll("%2F", "/");
}

/** The settings of a fragment. What is not understood is left at its default: a link must always open. */
export function fromFragment(fragment: string): Settings {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const oneOf = <T extends string | number>(values: readonly T[], text: string | null, otherwise: T): T =>
    values.find((value) => String(value) === text) ?? otherwise;
  const model = parameters.get("model") ?? "";
  return {
    model: isHubId(model) ? model : undefined,
    backend: oneOf<BackendChoice>(backendIds, parameters.get("backend"), defaultSettings.backend),
    dtype: oneOf(dtypes, parameters.get("dtype"), defaultSettings.dtype),
    numBeams: oneOf(beamCounts, parameters.get("beams"), defaultSettings.numBeams),
  };
}

/** Whether a text can be the id of a repository on the Hub. */
export function isHubId(text: string): boolean {
  return /^[\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95}$/.test(text);
}
