// Opens a PyTorch checkpoint: the zip archive that torch.save writes since 1.6, holding one flat state dict. Tensors
// are byte ranges of its stored entries, as in safetensors. Runs nothing: see pickle.ts. Does not read the older
// format, TorchScript, or a state dict inside something else.
// Reference: torch/serialization.py and torch/_utils.py of PyTorch 2.13.
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import { bytesPerElement, type DType, elementCount, type Weight, type WeightSource } from "@glimpsejs/graph";
import { type ByteSource, ownedBy, readRange, weightAt } from "./byte-source.ts";
import { fileKind } from "./file-kind.ts";
import { describe, isKind, type PickleFailure, type PickleValue, type PickleVocabulary, readPickle } from "./pickle.ts";
import { maxRank, tensorSubject } from "./safetensors-header.ts";
import { readZipDirectory, type ZipDirectory, type ZipRange } from "./zip.ts";

/** Longest data.pkl in bytes; a tensor takes some 150. */
const maxPickleBytes = 32_000_000;

/** The storage classes that can be read, and the dtype of each. */
const storageTypes: ReadonlyMap<string, DType> = new Map([
  ["torch.DoubleStorage", "float64"],
  ["torch.FloatStorage", "float32"],
  ["torch.HalfStorage", "float16"],
  ["torch.BFloat16Storage", "bfloat16"],
  ["torch.LongStorage", "int64"],
  ["torch.IntStorage", "int32"],
  ["torch.ShortStorage", "int16"],
  ["torch.CharStorage", "int8"],
  ["torch.ByteStorage", "uint8"],
  ["torch.BoolStorage", "bool"],
]);

/** A block of elements; views share it. */
interface Storage {
  readonly type: "storage";
  readonly dtype: DType;
  /** Its entry in the archive is `data/<key>`. */
  readonly key: string;
  readonly elements: number;
}

/** A strided view of a storage; offset and strides in elements, not yet checked. */
interface View {
  readonly type: "view";
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

type TorchValue = PickleValue<Storage | View>;

/**
 * Opens a PyTorch checkpoint. The result owns `source`; if opening fails, it is disposed. Weights that are views with
 * other strides than row-major, such as transposed ones, are put in row-major order when they are read, and have no
 * `location`. Throws "invalid-weights", and what `source.read` throws.
 */
export function openTorch(source: ByteSource, signal?: AbortSignal): Promise<WeightSource> {
  return ownedBy(source, async () => {
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
  });
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

const vocabulary: PickleVocabulary<Storage | View> = {
  symbols: new Set([
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    ...storageTypes.keys(),
  ]),
  call(symbol, args, wrong) {
    switch (symbol) {
      case "collections.OrderedDict":
        return args.length === 0 ? { kind: "dict", entries: new Map() } : badArguments(symbol, args, wrong);
      case "torch._utils._rebuild_tensor_v2":
        return rebuildTensor(args) ?? badArguments(symbol, args, wrong);
      case "torch._utils._rebuild_parameter": {
        const [tensor] = args;
        return viewOf(tensor) !== undefined && tensor !== undefined ? tensor : badArguments(symbol, args, wrong);
      }
      default:
        return wrong({ problem: `it calls ${symbol}` });
    }
  },
  load(id, wrong) {
    const [tag, type, key, , elements] = isKind(id, "tuple") ? id.items : [];
    const dtype = isKind(type, "global") ? storageTypes.get(type.name) : undefined;
    if (tag === "storage" && dtype !== undefined && typeof key === "string" && isCount(elements)) {
      return { kind: "object", value: { type: "storage", dtype, key, elements } };
    }
    return wrong({ problem: "a persistent id is not that of a storage", got: describe(id) });
  },
};

function badArguments(symbol: string, args: readonly TorchValue[], wrong: PickleFailure): never {
  return wrong({ problem: `it calls ${symbol} with unexpected arguments`, got: args.map(describe).join(", ") });
}

/** torch._utils._rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata) */
function rebuildTensor(args: readonly TorchValue[]): TorchValue | undefined {
  const [stored, offset, size, stride, , , metadata = null] = args;
  // Metadata holds the flags "conj" and "neg", under which the values are not those that are stored.
  if (args.length < 6 || args.length > 7 || metadata !== null) return undefined;
  const storage = isKind(stored, "object") && stored.value.type === "storage" ? stored.value : undefined;
  const [shape, strides] = [counts(size), counts(stride)];
  if (storage === undefined || !isCount(offset) || shape === undefined || strides === undefined) return undefined;
  return { kind: "object", value: { type: "view", storage, offset, shape, strides } };
}

function viewOf(value: TorchValue | undefined): View | undefined {
  return isKind(value, "object") && value.value.type === "view" ? value.value : undefined;
}

function counts(value: TorchValue | undefined): readonly number[] | undefined {
  return isKind(value, "tuple") && value.items.every(isCount) ? value.items.filter(isCount) : undefined;
}

function isCount(value: TorchValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Checks that the pickle is a flat dict from names to tensors. */
function stateDict(value: TorchValue, subject: string): ReadonlyMap<string, View> {
  const advice = "Save the state dict alone: torch.save(model.state_dict(), …), or convert it to safetensors.";
  if (!isKind(value, "dict")) {
    return fail({ subject, problem: "it does not hold a state dict", got: describe(value), advice });
  }
  const views = new Map<string, View>();
  const problems: Problem[] = [];
  for (const [name, entry] of value.entries) {
    const view = viewOf(entry);
    if (typeof name === "string" && view !== undefined) views.set(name, view);
    else {
      const problem = `the entry ${describe(name)} of its state dict is not a tensor under a name`;
      problems.push({ subject, problem, got: describe(entry), advice });
    }
  }
  return problems.length > 0 ? fail(problems) : views;
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

/**
 * Elements from the first to the last one of the view, or undefined where the view is impossible, leaves its storage,
 * or has more elements than it (an expanded view, which could be of any size).
 */
function spanOf({ shape, strides, offset, storage }: View): number | undefined {
  const available = storage.elements - offset;
  const elements = elementCount(shape);
  if (shape.length !== strides.length || shape.length > maxRank || available < 0) return undefined;
  if (elements === 0) return 0;
  const span = shape.reduce((sum, n, i) => sum + (n - 1) * (strides[i] ?? 0), 1);
  return elements <= available && span <= available ? span : undefined;
}

function weightOf({ shape, strides, offset, storage }: View, span: number, source: ByteSource, start: number): Weight {
  const size = bytesPerElement[storage.dtype];
  const first = start + offset * size;
  if (isContiguous(shape, strides)) return weightAt(source, storage.dtype, shape, first);
  return {
    dtype: storage.dtype,
    shape,
    byteLength: elementCount(shape) * size,
    bytes: async (signal) => gather(await readRange(source, first, span * size, signal), size, shape, strides),
  };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return elementCount(shape) === 0;
    expected *= shape[i] ?? 1;
  }
  return true;
}

/** Copies the elements of a strided view, `size` bytes each, in row-major order. */
function gather(stored: Uint8Array, size: number, shape: readonly number[], strides: readonly number[]): Uint8Array {
  const out = new Uint8Array(elementCount(shape) * size);
  const index = shape.map(() => 0);
  let from = 0; // in elements
  for (let to = 0; to < out.length; to += size) {
    for (let byte = 0; byte < size; byte++) out[to + byte] = stored[from * size + byte] ?? 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      const [n, stride, next] = [shape[i] ?? 1, strides[i] ?? 0, (index[i] ?? 0) + 1];
      from += stride;
      index[i] = next;
      if (next < n) break;
      from -= stride * n;
      index[i] = 0;
    }
  }
  return out;
}

function fail(problems: Problem | readonly Problem[]): never {
  throw new GlimpseError(problems, { code: "invalid-weights" });
}
