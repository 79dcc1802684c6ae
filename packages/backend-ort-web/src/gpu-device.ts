// The GPU that ONNX Runtime's WebGPU provider computes on. It is asked for here: a request of the runtime's own (1.30)
// that is refused leaves it in the middle of making a session, and it makes no other one on that page.
import { GlimpseError } from "@glimpsejs/base";

/** What the runtime asks for where there is it. */
const useful = ["shader-f16", "timestamp-query", "subgroups", "subgroup-size-control"];

/** A device with all that the GPU allows. Rejects with "backend-unavailable". */
export async function requestDevice(name: string): Promise<GPUDevice> {
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter === null) throw new Error("there is no adapter any more");
    const { features, limits } = adapter;
    const requiredLimits: Record<string, number> = {};
    // They are properties of the prototype.
    for (const limit in limits) requiredLimits[limit] = limits[limit as keyof GPUSupportedLimits] as number;
    return await adapter.requestDevice({
      requiredFeatures: useful.filter((feature) => features.has(feature)) as GPUFeatureName[],
      requiredLimits,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GlimpseError(
      { subject: `backend "${name}"`, problem: `the GPU cannot be opened (${reason})` },
      { code: "backend-unavailable", cause },
    );
  }
}
