// The backend that is used in Node where none is named: onnxruntime-node if it is installed, else a GPU, else the reference
// interpreter, with a word about it once a process.
import { type BackendPlugin, firstAvailable } from "@glimpsejs/backend";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { reference } from "@glimpsejs/backend-reference";
import { webgpu } from "@glimpsejs/backend-webgpu";

/** The backends in their order. */
export interface Choices {
  readonly fast: BackendPlugin;
  readonly gpu: BackendPlugin;
  readonly slow: BackendPlugin;
}

let warned = false;

/** See the head of this file; `warn` is told if only the slow one runs. */
export function defaultBackend(
  warn: (message: string) => void,
  // A program that imitates a GPU is slower than the interpreter.
  { fast, gpu, slow }: Choices = { fast: ortNode(), gpu: webgpu({ software: false }), slow: reference() },
): BackendPlugin {
  const plugin = firstAvailable(fast, gpu, slow);
  // A GPU keeps weights elsewhere; but that it will be the GPU is rare, and an impossible load should be refused.
  const { estimateMemory } = firstAvailable(fast, slow);
  return {
    ...plugin,
    ...(estimateMemory && { estimateMemory }),
    async open(passedOver) {
      const backend = await plugin.open(passedOver);
      if (backend.name === slow.name && !warned) {
        warned = true;
        const reason = await fast.unavailable();
        warn(`glimpse: running on the slow reference backend, since onnxruntime-node cannot be used: ${reason}`);
      }
      return backend;
    },
  };
}
