// What the worker does for each call: loads a checkpoint, keeps pictures encoded, writes about them.
import { GlimpseError } from "@glimpsejs/base";
import type { Git, Trunk } from "@glimpsejs/core";
import type { Picture } from "@glimpsejs/processor";
import { load, type WebSource } from "glimpsejs";
import type { CallContext, Handlers } from "../port/host.ts";
import type { Beam, Calls, Encoded, Source, TextRequest } from "../port/protocol.ts";
import { plugin, survey } from "./backends.ts";
import { seenRegion } from "./region.ts";

interface KeptPicture {
  readonly trunk: Trunk;
  readonly picture: Picture;
}

/** Handlers of one worker. */
export function modelHandlers(): Handlers {
  let loaded: Git | undefined;
  const kept = new Map<number, KeptPicture>();
  let nextKey = 1;

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
          emit({ file: phase === "load" ? "weights, to the backend" : file, loaded: bytes, total });
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

    async encode({ data }, { signal }): Promise<Encoded> {
      const git = model();
      const [decoded] = await git.processor.pictures([data], signal);
      if (decoded === undefined) throw new TypeError("encode: no picture was decoded.");
      const started = performance.now();
      const trunk = await git.encode(decoded, { signal });
      const milliseconds = performance.now() - started;
      const key = nextKey++;
      kept.set(key, { trunk, picture: decoded });
      return { key, region: seenRegion(git.processor.imageProcessor.config, decoded), frames: [], milliseconds };
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
      const { words } = await model().explain(picture(key).picture, { question, signal });
      return words.map(({ word, heatMap, imageShare }) => {
        const { data, frames, rows, columns } = heatMap;
        return { word, heat: data, frames, rows, columns, imageShare };
      });
    },

    beams: (request, context) => growBeams(model(), picture(request.key).trunk, request, context),
  };
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
