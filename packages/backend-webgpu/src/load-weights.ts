// Weights from their source to the GPU, one tensor in flight: read, converted where the device keeps another format, and
// written to its place in its pack.
import { throwIfAborted } from "@glimpsejs/base";
import { type Graph, toFloat32, viewAs, type WeightSource } from "@glimpsejs/graph";
import { packBytes, type WeightFormat, type WeightLayout } from "@glimpsejs/wgsl";
import { watched } from "./failures.ts";
import { type GpuBuffer, usage } from "./gpu.ts";
import { checkBindings } from "./limits.ts";
import type { Session } from "./session.ts";

/** The buffers of one pack. */
export interface LoadedPack {
  readonly weight: GpuBuffer;
  readonly scales: GpuBuffer | undefined;
  readonly bias: GpuBuffer | undefined;
}

/** Called after each weight. */
export type WeightProgress = (loaded: number, total: number) => void;

/** Bytes that may be on their way to the GPU at once. */
const bytesInFlight = 64 * 2 ** 20;

/** Loads all packs of a layout. Rejects with "aborted", "out-of-memory", "backend", or what reading a weight rejects with. */
export async function loadWeights(
  session: Session,
  layout: WeightLayout,
  graphs: readonly Graph[],
  source: WeightSource,
  {
    signal,
    onProgress,
  }: { readonly signal?: AbortSignal | undefined; readonly onProgress?: WeightProgress | undefined },
): Promise<readonly LoadedPack[]> {
  const { device, buffers } = session;
  const types = Object.fromEntries(graphs.flatMap((graph) => Object.entries(graph.weights)));
  const sizes = layout.packs.map((_, i) => {
    return {
      weight: packBytes(layout, types, i, "weight"),
      scales: packBytes(layout, types, i, "scales"),
      bias: packBytes(layout, types, i, "bias"),
    };
  });
  const bindings = layout.packs.map(({ weights }, i) => ({ names: weights, bytes: sizes[i]?.weight ?? 0 }));
  checkBindings(device.limits, bindings);
  const total = sizes.reduce((sum, { weight, scales, bias }) => sum + weight + scales + bias, 0);
  const made: GpuBuffer[] = [];
  const create = (bytes: number) => {
    const buffer = buffers.create(bytes, usage.storage | usage.copyDst | usage.copySrc, "weights");
    made.push(buffer);
    return buffer;
  };
  let loaded = 0;
  let pending = 0;
  try {
    const packs: LoadedPack[] = [];
    for (const [i, pack] of layout.packs.entries()) {
      const { weight, scales, bias } = sizes[i] ?? { weight: 0, scales: 0, bias: 0 };
      const { result, failure } = watched(device, `memory for ${pack.weights.join(", ")}`, () => ({
        weight: create(weight),
        scales: scales > 0 ? create(scales) : undefined,
        bias: bias > 0 ? create(bias) : undefined,
      }));
      const error = await failure;
      if (error !== undefined) throw error;
      packs.push(result);
      for (const [part, names] of Object.entries({ weight: pack.weights, scales: pack.scales, bias: pack.biases })) {
        const buffer = result[part as keyof LoadedPack]; // the keys of the object above
        let offset = 0;
        for (const name of names) {
          const stored = source.get(name);
          if (stored === undefined || buffer === undefined) throw new TypeError(`weights: "${name}" vanished.`);
          const bytes = await stored.bytes(signal);
          throwIfAborted(signal, "compile");
          session.checkAlive();
          const data = converted(bytes, stored.dtype, part === "weight" ? pack.format : "f32", `weight "${name}"`);
          if (data.byteLength > 0) device.queue.writeBuffer(buffer as never, offset, data);
          offset += data.byteLength;
          loaded += data.byteLength;
          pending += data.byteLength;
          onProgress?.(loaded, total);
          if (pending < bytesInFlight) continue;
          // What is written waits in memory of the host until something is submitted.
          device.queue.submit([]);
          await device.queue.onSubmittedWorkDone();
          pending = 0;
        }
      }
    }
    return packs;
  } catch (error) {
    for (const buffer of made) buffers.destroy(buffer);
    await session.settle();
    session.checkAlive();
    throw error;
  }
}

/** Bytes in the format of the device, a multiple of 4 of them. */
function converted(
  bytes: Uint8Array,
  dtype: Parameters<typeof toFloat32>[1],
  format: WeightFormat,
  subject: string,
): ArrayBufferView {
  if (format === "f32") return toFloat32(bytes, dtype, subject);
  if (format === "f16") return viewAs(bytes, "float16");
  if (bytes.byteLength % 4 === 0) return bytes;
  const padded = new Uint8Array(4 * Math.ceil(bytes.byteLength / 4));
  padded.set(bytes);
  return padded;
}
