// What load() runs on in a browser when nobody says: the fastest of what is there.
import { type BackendPlugin, firstAvailable } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { selfTested } from "./self-tested.ts";

/**
 * The browser's GPU, but no program that imitates one; else what is given here, such as onnxruntime-web on the processor,
 * whose 14 MB nobody fetches unasked; else the reference interpreter, which is enough for the demo checkpoint. One that
 * does not give the right numbers for a small graph is passed over. A loaded model's `backend` says which it is, and why
 * those before it cannot be used.
 * @example load(id, { backend: browserBackend(ortWeb({ provider: "wasm", urls: wasmUrls })) });
 */
export function browserBackend(...others: readonly BackendPlugin[]): BackendPlugin {
  return firstAvailable(gpu(), ...(others.length === 0 ? [notGiven] : others.map(selfTested)), reference());
}

/** webgpu(), whose code is loaded when it is asked for something: a page with neither a GPU nor onnxruntime-web never needs it. */
function gpu(): BackendPlugin {
  let made: Promise<BackendPlugin> | undefined;
  const plugin = () => {
    made ??= import("@glimpsejs/backend-webgpu").then(({ webgpu }) => webgpu({ software: false }));
    return made;
  };
  return {
    name: "webgpu",
    async unavailable() {
      if (globalThis.navigator?.gpu === undefined) return "this browser, or a page that is not https, has no WebGPU";
      return (await plugin()).unavailable();
    },
    open: async () => (await plugin()).open(),
  };
}

/** Stands for onnxruntime-web where it was not given, to say how it would be. */
const notGiven: BackendPlugin = {
  name: "ort-web-wasm",
  unavailable: async () =>
    "nobody said where its files are. Pass the option backend: browserBackend(ortWeb({ … })) to run on the processor",
  open: () => Promise.reject(new TypeError("it is never available.")),
};
