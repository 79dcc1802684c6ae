// A backend that has to show that it computes right before a model is loaded on it.
import type { BackendPlugin } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";

/**
 * The same plugin, but its first open() computes something small and compares it with known numbers. Rejects with
 * "backend-unavailable" where they differ, so that firstAvailable() goes on to the next. For a backend that is named and
 * not chosen: browserBackend() does it with what it is given, and webgpu() does it itself.
 * @example load(id, { backend: selfTested(ortWeb({ provider: "webgpu", urls: webgpuUrls })) });
 */
export function selfTested(plugin: BackendPlugin): BackendPlugin {
  let passed = false;
  return {
    name: plugin.name,
    unavailable: () => plugin.unavailable(),
    estimateMemory: (weightBytes) => plugin.estimateMemory?.(weightBytes) ?? 0,
    async open(passedOver) {
      const backend = await plugin.open(passedOver);
      if (passed) return backend;
      try {
        const { selfTest } = await import("@glimpsejs/backend-webgpu");
        const { reason } = await selfTest(backend);
        if (reason !== undefined) {
          const subject = `backend "${plugin.name}"`;
          throw new GlimpseError(
            { subject, problem: `it computes wrong (${reason})` },
            { code: "backend-unavailable" },
          );
        }
        passed = true;
        return backend;
      } catch (error) {
        await backend.dispose();
        throw error;
      }
    },
  };
}
