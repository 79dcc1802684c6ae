// The backends a playground can run on, and which of them this browser has.
import type { BackendPlugin } from "@glimpsejs/backend";
import { ortWeb } from "@glimpsejs/backend-ort-web";
import { wasmUrls } from "@glimpsejs/backend-ort-web/assets";
import { reference } from "@glimpsejs/backend-reference";
import { webgpu } from "@glimpsejs/backend-webgpu";
import { GlimpseError } from "@glimpsejs/base";
import type { BackendId, BackendStatus, Dtype } from "../port/protocol.ts";

interface Entry {
  readonly dtypes: readonly Dtype[];
  readonly plugin?: () => BackendPlugin;
}

const entries: Readonly<Record<BackendId, Entry>> = {
  webgpu: { dtypes: ["fp32", "fp16", "int8", "int4"], plugin: webgpu },
  "ort-webgpu": { dtypes: ["fp32", "fp16"] },
  "ort-wasm": {
    dtypes: ["fp32", "fp16", "int8", "int4"],
    plugin: () => ortWeb({ provider: "wasm", urls: wasmUrls }),
  },
  reference: { dtypes: ["fp32", "fp16", "int8", "int4"], plugin: reference },
};

/** Asks every backend whether it can run here. */
export function survey(): Promise<readonly BackendStatus[]> {
  return Promise.all((Object.keys(entries) as BackendId[]).map(statusOf));
}

async function statusOf(id: BackendId): Promise<BackendStatus> {
  const { dtypes } = entries[id];
  const unavailable = await plugin(id).unavailable();
  const imitated = id === "webgpu" && (await webgpu({ software: false }).unavailable()) !== undefined;
  const oneThread = id === "ort-wasm" && !globalThis.crossOriginIsolated;
  const note = imitated
    ? "no graphics card: imitated by the processor, slowly"
    : oneThread
      ? "the processor, on one thread: this page has no isolation headers"
      : undefined;
  return { id, dtypes, unavailable, note, slow: imitated };
}

/** The plugin of a backend. */
export function plugin(id: BackendId): BackendPlugin {
  const { plugin: make } = entries[id];
  if (make !== undefined) return make();
  const problem = "it is not part of this build";
  return {
    name: id,
    unavailable: async () => problem,
    open: () =>
      Promise.reject(new GlimpseError({ subject: `backend "${id}"`, problem }, { code: "backend-unavailable" })),
  };
}
