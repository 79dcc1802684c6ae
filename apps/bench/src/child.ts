// A process that holds one model on one backend and does what it is asked, so that its memory and caches are its own
// and several of them can take turns.
import { readFile } from "node:fs/promises";
import { ortWeb } from "@glimpsejs/backend-ort-web";
import { float32, type HostTensor } from "@glimpsejs/graph";
import { type BackendPlugin, type Git, GitForCausalLM, load, ortNode, reference, webgpu } from "glimpsejs";
import type { CaptionAllRequest, GenerateRequest, Opened, OpenRequest, Request, Timed } from "./calls.ts";
import { gpuName } from "./webgpu/gpu-name.ts";

/** What the model was opened with. */
let openedWith: OpenRequest;
/** The same model with its processor, once it was asked for. */
let git: Git | undefined;
let model: Awaited<ReturnType<typeof GitForCausalLM.fromPretrained>>;
let pixels: HostTensor<"float32">;
/** What the GPU calls itself, where the model is on one. */
let gpu: string | undefined;
const runtime = { isKnown: false, ms: 0 };

process.on("message", async ({ id, request }: { id: number; request: Request }) => {
  try {
    process.send?.({ id, answer: await answer(request) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
  }
});

async function answer(request: Request): Promise<Opened | Timed | number> {
  switch (request.kind) {
    case "open":
      return open(request);
    case "encode":
      return timed(async () => {
        (await model.encode(some(1))).dispose();
        return { ids: [], times: [] };
      });
    case "generate":
      return timed(() => generate(request));
    case "captionAll": {
      const { folder, backend, dtype, threads } = openedWith;
      git ??= await load(folder, { backend: await pluginOf(backend, threads), dtype: dtype as "fp32" });
      return captionAll(git, request);
    }
    case "memory":
      return peakMemory();
    case "baseMemory": {
      const backend = await (await pluginOf(request.backend, undefined)).open();
      await backend.dispose();
      return peakMemory();
    }
    default:
      return request satisfies never;
  }
}

/**
 * The most memory this process has had, in bytes. On Linux not the resource usage's: that begins with what the parent had when it
 * forked, and the bench itself has half a gigabyte after measuring the machine.
 */
async function peakMemory(): Promise<number> {
  const status = process.platform === "linux" ? await readFile("/proc/self/status", "utf8") : "";
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return 1024 * (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes));
}

async function open(request: OpenRequest): Promise<Opened> {
  openedWith = request;
  const {
    folder,
    backend,
    dtype,
    threads,
    pixels: { file, shape },
  } = request;
  const bytes = await readFile(file);
  pixels = float32(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4), shape);
  const plugin = await pluginOf(backend, threads);
  const start = performance.now();
  model = await GitForCausalLM.fromPretrained(folder, { backend: plugin, dtype: dtype as "fp32" });
  return { name: `${backend} ${dtype}`, load: performance.now() - start, gpu };
}

/** The plugin, whose GPU says its name as it is opened. */
function named(plugin: ReturnType<typeof webgpu>): ReturnType<typeof webgpu> {
  return {
    ...plugin,
    async open() {
      const backend = await plugin.open();
      gpu = gpuName(backend.device.adapterInfo);
      return backend;
    },
  };
}

async function pluginOf(backend: string, threads: number | undefined): Promise<BackendPlugin> {
  if (backend === "reference") return reference();
  if (backend === "webgpu") return named(webgpu());
  if (backend === "ort-web-wasm") return ortWeb({ provider: "wasm", threads });
  const { default: ort } = await import("onnxruntime-node");
  runtime.isKnown = true;
  const InferenceSession = {
    async create(...args: Parameters<typeof ort.InferenceSession.create>) {
      const session = await ort.InferenceSession.create(...args);
      const run = session.run.bind(session) as (...values: unknown[]) => Promise<object>;
      return Object.assign(session, {
        async run(...values: unknown[]) {
          // It computes in the next turn of the event loop, right after this: what is done until then is the host's.
          let start = performance.now();
          setImmediate(() => {
            start = performance.now();
          });
          return run(...values).finally(() => {
            runtime.ms += performance.now() - start;
          });
        },
      });
    },
  };
  return ortNode({ ort: { InferenceSession, Tensor: ort.Tensor }, ...(threads === undefined ? {} : { threads }) });
}

async function generate({ pictures, prompts, tokens, beams, size }: GenerateRequest) {
  const { sequences, times } = await model.generate({
    pixelValues: size === undefined ? some(pictures) : resized(size),
    interpolatePosEncoding: size !== undefined,
    inputIds: prompts,
    maxNewTokens: tokens,
    numBeams: beams,
    eosTokenId: null,
  });
  return { ids: sequences, times };
}

/** Captions pictures of 640 · 480 pixels, no two the same, which are resized while those before are computed. */
async function captionAll(ready: Git, { pictures, batchSize, tokens }: CaptionAllRequest): Promise<Timed> {
  const [width, height] = [640, 480];
  const subjects = Array.from({ length: pictures }, (_, n) => ({
    data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * (n + 7)) % 251),
    width,
    height,
  }));
  const options = { batchSize, minNewTokens: tokens, maxNewTokens: tokens };
  return timed(async () => {
    for await (const { error } of ready.captionAll(subjects, options)) if (error !== undefined) throw error;
    return { ids: [], times: [] };
  });
}

/** The first pictures. */
function some(count: number): HostTensor<"float32"> {
  const [all = 1, ...shape] = pixels.shape;
  return float32(pixels.data.subarray(0, (pixels.data.length / all) * count), [count, ...shape]);
}

/** A picture of another size: the pixels over and over. */
function resized(size: number): HostTensor<"float32"> {
  const count = 3 * size * size;
  return float32(
    Float32Array.from({ length: count }, (_, i) => pixels.data[i % pixels.data.length] ?? 0),
    [1, 3, size, size],
  );
}

async function timed(
  run: () => Promise<{ readonly ids: readonly (readonly number[])[]; readonly times: readonly number[] }>,
): Promise<Timed> {
  runtime.ms = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { ids, times } = await run();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    ms,
    cpu: (user + system) / 1000,
    ids,
    steps: times.slice(1).map((time, i) => time - (times[i] ?? 0)),
    runtime: runtime.isKnown ? runtime.ms : undefined,
  };
}
