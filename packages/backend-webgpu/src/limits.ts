// What a device must be able to do. WebGPU's default limits are enough for every GIT model; a limit that is not is named.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { GpuLimits } from "./gpu.ts";

const needed: Readonly<Partial<Record<keyof GpuLimits, number>>> = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupsPerDimension: 65_535,
};

/** What is too small on a device for any kernel; empty if nothing is. */
export function limitProblems(limits: GpuLimits): readonly Problem[] {
  return Object.entries(needed).flatMap(([name, least]): Problem[] => {
    const got = limits[name as keyof GpuLimits]; // a key of the table above
    if (got >= least) return [];
    return [
      { subject: `GPU limit ${name}`, problem: "it is too small", expected: `at least ${least}`, got: String(got) },
    ];
  });
}

/** A buffer that a kernel is given, and what is in it. */
export interface Binding {
  readonly names: readonly string[];
  readonly bytes: number;
}

/** Throws one "unsupported" error for all buffers that cannot be bound. */
export function checkBindings(limits: GpuLimits, bindings: readonly Binding[]): void {
  const problems = bindings.flatMap(({ names, bytes }) =>
    (["maxStorageBufferBindingSize", "maxBufferSize"] as const).flatMap((name): Problem[] => {
      if (bytes <= limits[name]) return [];
      return [
        {
          subject: `GPU limit ${name}`,
          problem: `it is too small for ${names.join(", ")}`,
          expected: `at least ${bytes}`,
          got: String(limits[name]),
          advice: "Open the device with a larger limit, or use a smaller model or dtype.",
        },
      ];
    }),
  );
  if (problems.length > 0) throw new GlimpseError(problems, { code: "unsupported" });
}
