// What the worker does for each call: loads a checkpoint, keeps pictures encoded, writes about them.
import { GlimpseError } from "@glimpsejs/base";
import type { ImageProcessorConfig } from "@glimpsejs/config";
import type { Git, Trunk } from "@glimpsejs/core";
import type { Clip, Picture } from "@glimpsejs/processor";
import { loadClip } from "@glimpsejs/processor/web";
import { load, type WebSource } from "glimpsejs";
import type { CallContext, Handlers } from "../port/host.ts";
import type { Beam, Calls, Encoded, Source, TextRequest } from "../port/protocol.ts";
import { plugin, survey } from "./backends.ts";
import { LiveClip } from "./live-clip.ts";
import { seenRegion, whole } from "./region.ts";

interface KeptPicture {
  readonly trunk: Trunk;
  /** What was decoded: a picture, or the frames of a clip. */
  readonly subject: Picture | Clip;
}

/** Handlers of one worker. */
export function modelHandlers(): Handlers {
  let loaded: Git | undefined;
  const kept = new Map<number, KeptPicture>();
  let nextKey = 1;
  let live: LiveClip | undefined;

  function model(): Git {
    if (loaded !== undefined) return loaded;
    throw new GlimpseError({ subject: "model", problem: "none is loaded" }, { code: "invalid-argument" });
  }

  function picture(key: number): KeptPicture {
    const found = kept.get(key);
    if (found !== undefined) return found;
    throw new GlimpseError({ subject: `picture ${key}`, problem: "it is not encoded" }, { code: "invalid-argument" });
  }

  return {
    survey: () => survey(),

    async load({ source, backend, dtype }, { signal, emit }) {
      const started = performance.now();
      const git = await load(webSource(source), {
        backend: plugin(backend),
        dtype,
        signal,
        onProgress: ({ phase, file, loaded: bytes, total }) => {
          const name = { download: file, load: "weights, to the backend", prepare: "kernels of the GPU" }[phase];
          emit({ file: name, unit: phase === "prepare" ? "pieces" : "bytes", loaded: bytes, total });
        },
      });
      loaded = git;
      return {
        backend,
        dtype,
        frames: git.model.config.numImageWithEmbedding ?? undefined,
        notices: git.notices.map(({ file, assumed }) => `${file} is missing; assumed: ${assumed}`),
        milliseconds: performance.now() - started,
      };
    },

    async encode({ kind, data }, { signal }): Promise<Encoded> {
      const git = model();
      const subject = kind === "clip" ? await openClip(git, data, signal) : await onePicture(git, data, signal);
      const started = performance.now();
      const trunk = await git.encode(subject, { signal });
      const milliseconds = performance.now() - started;
      const key = nextKey++;
      kept.set(key, { trunk, subject });
      const { config } = git.processor.imageProcessor;
      const [region, frames] =
        "frames" in subject ? [whole, await shownFrames(subject, config, signal)] : [seenRegion(config, subject), []];
      return { key, region, frames, milliseconds };
    },

    async release(key) {
      kept.get(key)?.trunk.dispose();
      kept.delete(key);
      return null;
    },

    async write({ key, question }, { signal, emit }) {
      const started = performance.now();
      let first: number | undefined;
      const pieces = model().stream(picture(key).trunk, { question, signal });
      let step = await pieces.next();
      for (; !step.done; step = await pieces.next()) {
        first ??= performance.now() - started;
        emit(step.value);
      }
      const { text, tokens, score } = step.value;
      const milliseconds = performance.now() - started;
      return { text, tokens: tokens.length, score, firstMilliseconds: first ?? milliseconds, milliseconds };
    },

    async explain({ key, question }, { signal }) {
      const { words } = await model().explain(picture(key).subject, { question, signal });
      return words.map(({ word, heatMap, imageShare }) => {
        const { data, frames, rows, columns } = heatMap;
        return { word, heat: data, frames, rows, columns, imageShare };
      });
    },

    async live(frame) {
      live ??= new LiveClip(model());
      const { text, frames } = await live.next(frame);
      return { text, frames: frames.length };
    },

    async endLive() {
      const ending = live;
      live = undefined;
      await ending?.end();
      return null;
    },

    beams: (request, context) => growBeams(model(), picture(request.key).trunk, request, context),
  };
}

async function onePicture(git: Git, data: Blob, signal: AbortSignal): Promise<Picture> {
  const [decoded] = await git.processor.pictures([data], signal);
  if (decoded === undefined) throw new TypeError("encode: no picture was decoded.");
  return decoded;
}

/** A clip with as many frames as the model was trained with; a model for pictures refuses any in its own words. */
function openClip(git: Git, data: Blob, signal: AbortSignal): Promise<Clip> {
  return loadClip(data, { frames: git.model.config.numImageWithEmbedding ?? 6, signal });
}

/** The frames of a clip for the page: the part of each that the model sees, at a size for thumbnails. */
async function shownFrames(clip: Clip, config: ImageProcessorConfig, signal: AbortSignal): Promise<ImageBitmap[]> {
  const bitmaps: ImageBitmap[] = [];
  for await (const frame of clip.frames({ signal })) {
    const { left, top, width, height } = seenRegion(config, frame);
    const image = new ImageData(rgba(frame), frame.width, frame.height);
    const part = [left * frame.width, top * frame.height, width * frame.width, height * frame.height].map(Math.round);
    const [x = 0, y = 0, w = 1, h = 1] = part;
    bitmaps.push(
      await createImageBitmap(image, x, y, Math.max(1, w), Math.max(1, h), { resizeWidth: 192, resizeHeight: 192 }),
    );
  }
  return bitmaps;
}

/** Packed RGB with full opacity. */
function rgba({ width, height, data }: Picture): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) pixels.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  return pixels;
}

/** A source as load() takes it. */
function webSource(source: Source): WebSource {
  if (source.kind === "demo") return "demo:captions";
  if (source.kind === "demo-clips") return "demo:clips";
  return source.kind === "hub" ? source.id : source.files;
}

/** Beam search step by step, with every beam's tokens as text. */
async function growBeams(
  { model, processor }: Git,
  trunk: Trunk,
  { question, numBeams }: TextRequest & { readonly numBeams: number },
  { signal, emit }: CallContext<"beams">,
): Promise<Calls["beams"]["result"]> {
  const { tokenizer } = processor;
  const ids = question === undefined ? [] : tokenizer.encode(question, { addSpecialTokens: false }).inputIds;
  const inputIds = [[tokenizer.clsTokenId, ...ids]];
  const show = (sequence: { readonly tokens: readonly number[]; readonly score?: number | undefined }): Beam => ({
    tokens: sequence.tokens.map((id) => tokenizer.idToToken(id) ?? `[${id}]`),
    score: sequence.score ?? 0,
  });
  const room = model.config.maxPositionEmbeddings - ids.length;
  const steps = model.generateSteps({
    trunk,
    inputIds,
    numBeams,
    numReturnSequences: numBeams,
    eosTokenId: tokenizer.sepTokenId,
    maxNewTokens: Math.max(1, Math.min(50, room)),
    signal,
  });
  let step = await steps.next();
  for (; !step.done; step = await steps.next()) emit({ beams: step.value.sequences.map(show) });
  return { beams: step.value.map(show) };
}
