// The state dict of a PyTorch checkpoint, from its pickle: which Python symbols may stand there, what they stand for, and
// that the whole is a flat dict from names to tensors. Runs nothing: see pickle.ts.
// Reference: torch/_utils.py of PyTorch 2.13.
import type { Problem } from "@glimpsejs/base";
import type { DType } from "@glimpsejs/graph";
import { fail } from "./fail.ts";
import { describe, isKind, type PickleFailure, type PickleValue, type PickleVocabulary } from "./pickle-values.ts";
import type { Storage, View } from "./view.ts";

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

/** What the pickle of a state dict holds. */
export type TorchValue = PickleValue<Storage | View>;

/** The symbols and persistent ids of a state dict. */
export const vocabulary: PickleVocabulary<Storage | View> = {
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
export function stateDict(value: TorchValue, subject: string): ReadonlyMap<string, View> {
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
