// The backends a playground can run on, and which of them this browser has.
import type { BackendPlugin } from "@glimpsejs/backend";
import { ortWeb } from "@glimpsejs/backend-ort-web";
import { wasmUrls, webgpuUrls } from "@glimpsejs/backend-ort-web/assets";
import { reference } from "@glimpsejs/backend-reference";
import { webgpu } from "@glimpsejs/backend-webgpu";
import { selfTested } from "glimpsejs";
import type { BackendId, BackendStatus, Dtype } from "../port/protocol.ts";

interface Entry {
  readonly dtypes: readonly Dtype[];
  readonly plugin: BackendPlugin;
}

/** As with browserBackend(), a backend has to compute right before a model is loaded on it; webgpu() sees to it. */
const entries: Readonly<Record<BackendId, Entry>> = {
  webgpu: { dtypes: ["fp32", "fp16", "int8", "int4"], plugin: webgpu() },
  "ort-webgpu": {
    // Not every GPU computes with float16, and this provider would do so with weights that are stored in it.
    dtypes: ["fp32", "int8", "int4"],
    plugin: selfTested(ortWeb({ provider: "webgpu", urls: webgpuUrls })),
  },
  "ort-wasm": {
    dtypes: ["fp32", "fp16", "int8", "int4"],
    plugin: selfTested(ortWeb({ provider: "wasm", urls: wasmUrls })),
  },
  reference: { dtypes: ["fp32", "fp16", "int8", "int4"], plugin: reference() },
};

/** Asks every backend whether it can run here. */
export function survey(): Promise<readonly BackendStatus[]> {
  return Promise.all((Object.keys(entries) as BackendId[]).map(statusOf));
}

async function statusOf(id: BackendId): Promise<BackendStatus> {
  const { dtypes } = entries[id];
  const unavailable = await plugin(id).unavailable();
  const onGpu = id === "webgpu" || id === "ort-webgpu";
  const imitated = onGpu && (await webgpu({ software: false }).unavailable()) !== undefined;
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
  return entries[id].plugin;
}
