// The script of a page with a content security policy: what runs there, told to the page around it.
import "./outside-vitest.ts";
import { wasmUrls } from "@glimpsejs/backend-ort-web/assets";
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { browserBackend, GlimpseError, load, ortWeb } from "../src/web/index.ts";

/** What the page found. */
export interface PolicyReport {
  /** What opening onnxruntime-web is refused with; undefined where it opens. */
  readonly refusal: { readonly code: string; readonly message: string } | undefined;
  /** What load() runs on where it may choose. */
  readonly backend: string;
  readonly passedOver: readonly string[];
  readonly caption: string;
}

async function report(): Promise<PolicyReport> {
  const wasm = ortWeb({ provider: "wasm", urls: wasmUrls });
  const refusal = await wasm.open().then(
    async (backend) => void (await backend.dispose()),
    (error: unknown) => {
      if (!GlimpseError.isInstance(error)) throw error;
      return { code: error.code, message: error.message };
    },
  );
  await using git = await load(undefined, { backend: browserBackend(wasm) });
  const { name: backend, passedOver } = git.backend;
  const { text: caption } = await git.caption(sampleFiles["pictures/02.png"]);
  return { refusal, backend, passedOver, caption };
}

report().then(
  (found) => parent.postMessage(found, "*"),
  (error: unknown) => parent.postMessage(String(error), "*"),
);
