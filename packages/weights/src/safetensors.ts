// Opens a safetensors file as a source of weights: reads the header, and each tensor only when it is asked for.
// Does not decide which tensors a model needs.
import { GlimpseError } from "@glimpsejs/base";
import type { WeightSource } from "@glimpsejs/graph";
import { type ByteSource, ownedBy, readRange, weightAt } from "./byte-source.ts";
import { maxHeaderBytes, parseSafetensorsHeader, type SafetensorsHeader } from "./safetensors-header.ts";

/** Read first: holds the whole header of any GIT checkpoint (git-large has some 100 KB), so that one read is enough. */
const firstRead = 256 * 1024;

/**
 * Opens a safetensors file. The result owns `source`; if opening fails, it is disposed.
 * Throws "invalid-weights" or "invalid-json" with every problem of the header, and what `source.read` throws.
 */
export function openSafetensors(source: ByteSource, signal?: AbortSignal): Promise<WeightSource> {
  return ownedBy(source, async () => {
    const { tensors, dataStart } = await readSafetensorsHeader(source, signal);
    return {
      names: [...tensors.keys()],
      get(name) {
        const info = tensors.get(name);
        return info && weightAt(source, info.dtype, info.shape, dataStart + info.offset);
      },
      dispose: async () => source.dispose?.(),
    };
  });
}

/** Reads and checks the header of a safetensors file; `dataStart` is the first byte of its data section. */
export async function readSafetensorsHeader(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<
  SafetensorsHeader & {
    /** First byte of the data section in the file. */
    readonly dataStart: number;
  }
> {
  const head = await readRange(source, 0, Math.min(source.size, firstRead), signal);
  const headerLength = await readHeaderLength(head, source.size, source.name);
  const dataStart = 8 + headerLength;
  const json =
    dataStart <= head.length ? head.subarray(8, dataStart) : await readRange(source, 8, headerLength, signal);
  return { ...parseSafetensorsHeader(json, source.size - dataStart, source.name), dataStart };
}

async function readHeaderLength(head: Uint8Array, size: number, file: string): Promise<number> {
  const refuse = async (problem: string, expected: string, got: string): Promise<never> => {
    const { fileKind } = await import("./other-files.ts");
    const kind = fileKind(head, "safetensors");
    // Say what the file is rather than what its first bytes would mean in a safetensors file.
    throw new GlimpseError(
      kind === undefined
        ? { subject: file, problem, expected, got }
        : { subject: file, problem: "it is not a safetensors file", got: kind.name, advice: kind.advice },
      { code: "invalid-weights" },
    );
  };
  if (head.length < 8) return refuse("it is too short for a safetensors file", "at least 10 bytes", `${size} bytes`);
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    return refuse("its header is too long", `at most ${maxHeaderBytes} bytes`, String(length));
  }
  if (length > BigInt(size - 8)) return refuse("it ends inside its header", `${length} bytes of header`, `${size - 8}`);
  if (length < 2n) return refuse("its header is too short", "at least 2 bytes", String(length));
  if (head[8] !== 0x7b) return refuse("its header is not JSON", 'a "{" at byte 8', `byte ${head[8]}`);
  return Number(length);
}
