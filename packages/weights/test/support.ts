// What the tests of this package share: raw safetensors files, a refusal through every local reader, temporary files.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GlimpseError } from "@glimpsejs/base";
import type { WeightSource } from "@glimpsejs/graph";
import { expect } from "vitest";
import { type ByteSource, bytesSource } from "../src/byte-source.ts";
import { fileSource } from "../src/node/file-source.ts";

/** A safetensors file with any header text, right or wrong, and `dataLength` bytes of data 0, 1, 2, … */
export function rawFile(header: string | Uint8Array, dataLength = 0, headerLength?: bigint): Uint8Array {
  const json = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + json.length + dataLength);
  new DataView(file.buffer).setBigUint64(0, headerLength ?? BigInt(json.length), true);
  file.set(json, 8);
  for (let i = 0; i < dataLength; i++) file[8 + json.length + i] = i;
  return file;
}

/** A file of one float32 tensor of 1 element, with some fields of its entry replaced by JSON text. */
export function fileWith(fields: { readonly [key: string]: string }, dataLength = 4): Uint8Array {
  const entry = { dtype: '"F32"', shape: "[1]", data_offsets: "[0,4]", ...fields };
  const text = Object.entries(entry).map(([key, value]) => `"${key}":${value}`);
  return rawFile(`{"w":{${text.join(",")}}}`, dataLength);
}

/** Runs `use` with the path of a temporary file that holds `bytes`. */
export async function withFile<T>(bytes: Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "glimpse-weights-"));
  try {
    const path = join(folder, "test.safetensors");
    await writeFile(path, bytes);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Expects `open` to refuse `bytes` with a typed error, from memory and from a file, for the same reason, and to close
 * the file. Gives the message.
 */
export async function refusal(open: (source: ByteSource) => Promise<WeightSource>, bytes: Uint8Array): Promise<string> {
  const fromMemory = await typedError(open(bytesSource("test.safetensors", bytes)));
  await withFile(bytes, async (path) => {
    const source = await fileSource(path);
    const fromFile = await typedError(open(source));
    expect(fromFile.message.replaceAll(path, "test.safetensors")).toBe(fromMemory.message);
    await expect(source.read(0, 1)).rejects.toThrow("it was disposed");
  });
  return fromMemory.message;
}

/** The GlimpseError that a promise rejects with; anything else fails the test. */
export async function typedError(promise: Promise<unknown>): Promise<GlimpseError> {
  const error = await promise.then(
    () => expect.fail("it was accepted"),
    (reason: unknown) => reason,
  );
  if (!GlimpseError.isInstance(error)) throw error;
  expect(["invalid-weights", "invalid-json"]).toContain(error.code);
  return error;
}
