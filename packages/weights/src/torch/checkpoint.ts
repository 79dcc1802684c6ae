// Opens a PyTorch checkpoint: the zip archive that torch.save writes since 1.6, holding one flat state dict. Tensors
// are byte ranges of its stored entries, as in safetensors. Runs nothing: see pickle.ts. Does not read the older
// format, TorchScript, or a state dict inside something else.
// Reference: torch/serialization.py of PyTorch 2.13.
import { type Problem, show } from "@glimpsejs/base";
import { bytesPerElement, type Weight, type WeightSource } from "@glimpsejs/graph";
import { type ByteSource, readRange } from "../byte-source.ts";
import { fileKind } from "../file-kind.ts";
import { tensorSubject } from "../safetensors-header.ts";
import { fail } from "./fail.ts";
import { readPickle } from "./pickle.ts";
import { stateDict, type TorchValue, vocabulary } from "./state-dict.ts";
import { spanOf, type View, weightOf } from "./view.ts";
import { readZipDirectory, type ZipDirectory, type ZipRange } from "./zip.ts";

/** Longest data.pkl in bytes; a tensor takes some 150. */
const maxPickleBytes = 32_000_000;

/** What openTorch() does; `source` stays the caller's until it is disposed with the result. */
export async function readTorch(source: ByteSource, signal?: AbortSignal): Promise<WeightSource> {
  await refuseOtherKinds(source, signal);
  const archive = await readZipDirectory(source, signal);
  const root = findRoot(archive, source.name);
  await checkByteOrder(source, archive, root, signal);
  const views = stateDict(await readStateDict(source, archive, root, signal), source.name);
  const weights = await locate(views, source, archive, root, signal);
  return {
    names: [...weights.keys()],
    get: (name) => weights.get(name),
    dispose: async () => source.dispose?.(),
  };
}

async function refuseOtherKinds(source: ByteSource, signal?: AbortSignal): Promise<void> {
  const head = await readRange(source, 0, Math.min(source.size, 256), signal);
  const kind = fileKind(head, "torch");
  if (kind === undefined) return;
  fail({ subject: source.name, problem: "it is not a PyTorch zip archive", got: kind.name, advice: kind.advice });
}

/** The folder inside the archive that holds data.pkl. */
function findRoot(archive: ZipDirectory, subject: string): string {
  const roots = archive.names.flatMap((name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []);
  const [root] = roots;
  if (root !== undefined && roots.length === 1) return root;
  const problem = "this zip archive is not a PyTorch checkpoint";
  return fail({ subject, problem, expected: 'one entry "<name>/data.pkl"', got: String(roots.length) });
}

async function checkByteOrder(
  source: ByteSource,
  archive: ZipDirectory,
  root: string,
  signal?: AbortSignal,
): Promise<void> {
  const name = `${root}/byteorder`;
  if (!archive.names.includes(name)) return; // before PyTorch 2.1, on little-endian machines as good as always
  const { offset, length } = await archive.locate(name, signal);
  const text = String.fromCharCode(...(await readRange(source, offset, Math.min(length, 20), signal)));
  if (text === "little") return;
  const advice = "Save it again on a little-endian machine, or as safetensors.";
  fail({ subject: source.name, problem: "unknown byte order", expected: '"little"', got: show(text), advice });
}

async function readStateDict(
  source: ByteSource,
  archive: ZipDirectory,
  root: string,
  signal?: AbortSignal,
): Promise<TorchValue> {
  const subject = `data.pkl of ${source.name}`;
  const { offset, length } = await archive.locate(`${root}/data.pkl`, signal);
  if (length > maxPickleBytes) {
    fail({ subject, problem: "it is too long", expected: `at most ${maxPickleBytes} bytes`, got: String(length) });
  }
  return readPickle(await readRange(source, offset, length, signal), subject, vocabulary);
}

/** Finds every storage in the archive, and checks every view against its storage. */
async function locate(
  views: ReadonlyMap<string, View>,
  source: ByteSource,
  archive: ZipDirectory,
  root: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Weight>> {
  const keys = new Set([...views.values()].map((view) => view.storage.key));
  const ranges = new Map<string, ZipRange>();
  await Promise.all([...keys].map(async (key) => ranges.set(key, await archive.locate(`${root}/data/${key}`, signal))));
  const weights = new Map<string, Weight>();
  const problems: Problem[] = [];
  for (const [name, view] of views) {
    const subject = tensorSubject(name, source.name);
    const { dtype, key, elements } = view.storage;
    const range = ranges.get(key);
    const expected = elements * bytesPerElement[dtype];
    if (range?.length !== expected) {
      const problem = `its storage ${show(key)} has the wrong size`;
      problems.push({ subject, problem, expected: `${expected} bytes`, got: `${range?.length}` });
      continue;
    }
    const span = spanOf(view);
    if (span === undefined) {
      const { shape, strides, offset } = view;
      const problem = `it is not a plain view of its storage of ${elements} elements`;
      problems.push({ subject, problem, got: `shape ${show(shape)}, strides ${show(strides)}, offset ${offset}` });
      continue;
    }
    weights.set(name, weightOf(view, span, source, range.offset));
  }
  return problems.length > 0 ? fail(problems) : weights;
}
