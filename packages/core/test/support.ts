// What core's tests share: a platform on plain folders, and a backend that is watched.
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Backend, BackendPlugin, DeviceTensor, Outputs, Program } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { bind, type Platform } from "@glimpsejs/core";
import { demoCheckpoints } from "@glimpsejs/demo-model";
import { float32, type HostTensor } from "@glimpsejs/graph";
import { toPicture } from "@glimpsejs/processor";
import { openFolder } from "@glimpsejs/weights/node";
import { onTestFinished } from "vitest";

/** The folder of one reference case. */
export function caseFolder(name: string): string {
  return fileURLToPath(new URL(`../../../fixtures/reference/cases/${name}`, import.meta.url));
}

/** A fresh empty folder, removed when the test ends. */
export function emptyFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "glimpse-core-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A platform that knows folders, raw pixels and the reference backend. */
export function testPlatform(overrides: Partial<Platform> = {}): Platform {
  return {
    open: (source) => openFolder(source ?? fileURLToPath(demoCheckpoints.captions)),
    async sink(target) {
      const folder = String(target);
      await mkdir(folder, { recursive: true });
      return {
        async write(file, chunks) {
          const parts: Uint8Array[] = [];
          for await (const chunk of chunks) parts.push(chunk.slice());
          await writeFile(path.join(folder, file), Buffer.concat(parts));
        },
      };
    },
    backend: () => reference(),
    picture: async (input) => toPicture(input as Parameters<typeof toPicture>[0]),
    availableMemory: () => undefined,
    ...overrides,
  };
}

/** The classes on {@link testPlatform}. */
export const glimpse = bind(testPlatform());

/** A backend that is watched. */
export interface WatchedBackend {
  readonly plugin: BackendPlugin;
  /** How often each graph has run. */
  readonly runs: Record<string, number>;
  /** Text tokens per picture that each run of the decoder was fed. */
  readonly fed: readonly number[];
  /** Outputs that nobody has freed yet. */
  readonly live: ReadonlySet<DeviceTensor>;
  /** Bytes read of each output of the decoder. */
  readonly bytes: Record<string, number>;
  /** The output that cannot be read while this is set. */
  readonly unreadable: { output: string | undefined };
}

/** `inner` watched: its runs are counted and their outputs followed until they are freed. */
export function countingBackend(inner: BackendPlugin = reference()): WatchedBackend {
  const runs: Record<string, number> = {};
  const fed: number[] = [];
  const live = new Set<DeviceTensor>();
  const bytes: Record<string, number> = {};
  const unreadable: WatchedBackend["unreadable"] = { output: undefined };
  const follow = (graph: string, outputs: Outputs) => {
    for (const [name, tensor] of Object.entries(outputs)) {
      live.add(tensor);
      const [dispose, read] = [tensor.dispose.bind(tensor), tensor.read.bind(tensor)];
      // The tensor itself is changed, since a backend takes only its own back.
      Object.assign(tensor, {
        dispose() {
          live.delete(tensor);
          dispose();
        },
        async read() {
          if (name === unreadable.output) throw new Error(`${name} is lost`);
          const value = await read();
          if (graph === "decoder") bytes[name] = (bytes[name] ?? 0) + value.data.byteLength;
          return value;
        },
      });
    }
  };
  const plugin: BackendPlugin = {
    ...inner,
    async open() {
      const backend = await inner.open();
      const compile: Backend["compile"] = async (graphs, weights, signal) => {
        const program = await backend.compile(graphs, weights, signal);
        const run: Program["run"] = async (graph, feeds, outputs, options) => {
          runs[graph] = (runs[graph] ?? 0) + 1;
          if (graph === "decoder") fed.push(feeds["inputIds"]?.shape[1] ?? 0);
          // A carried feed is consumed, whatever becomes of the run.
          for (const input of Object.keys(program.graphs[graph as keyof typeof graphs].carries)) {
            const feed = feeds[input];
            if (feed !== undefined && "dispose" in feed) live.delete(feed);
          }
          const results = await program.run(graph as keyof typeof graphs, feeds, outputs, options);
          follow(graph, results);
          return results;
        };
        return { graphs: program.graphs, run, dispose: () => program.dispose() };
      };
      return {
        name: backend.name,
        dtypes: backend.dtypes,
        boundByWeights: backend.boundByWeights,
        computesInPieces: backend.computesInPieces,
        sharesWeights: backend.sharesWeights,
        compile,
        upload: (v) => backend.upload(v),
        dispose: () => backend.dispose(),
      };
    },
  };
  return { plugin, runs, fed, live, bytes, unreadable };
}

/** Pixel values that no two of look alike, float32 [batch, 3, size, size] (or any other shape). */
export function somePixels(...shape: readonly number[]): HostTensor<"float32"> {
  const count = shape.reduce((product, n) => product * n, 1);
  return float32(
    Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * i * 0.011)),
    shape,
  );
}

/** One picture of a [B, …] tensor, as a batch of one. */
export function picture(pixels: HostTensor<"float32">, index: number): HostTensor<"float32"> {
  const size = pixels.data.length / (pixels.shape[0] ?? 1);
  return float32(pixels.data.slice(index * size, (index + 1) * size), [1, ...pixels.shape.slice(1)]);
}

/** The largest absolute difference of two tensors of one shape; infinity if the shapes differ. */
export function difference(a: HostTensor<"float32">, b: HostTensor<"float32">): number {
  if (a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  return a.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b.data[i] ?? Number.NaN))), 0);
}
