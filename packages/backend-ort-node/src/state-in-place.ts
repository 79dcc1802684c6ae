// State that is written where it lies. A graph that carries keys and values joins new ones to those it is fed with, and
// all of them are its output: for ten questions that is 9 MB written by the runtime and copied by its JavaScript for
// every token, into new memory each time. Here the runtime returns what is new and the host puts it into the room that
// it keeps behind the old. Slots that are not filled yet are attended to as well, with a mask that makes it nothing.
import { addDims, type Graph, type Node, nodeInputs, type ValueName } from "@glimpsejs/graph";
import type { OrtValue, Slots } from "./device-tensor.ts";
import type { OrtRuntime } from "./ort-runtime.ts";

/** What a graph's state needs to be written in place. */
export interface StateInPlace {
  /** The joined keys and values, with their parts: [the carried input, what is new]. */
  readonly apart: ReadonlyMap<ValueName, readonly ValueName[]>;
  /** Inputs that mask old and new slots, float32 [B, S, old + new]. */
  readonly masks: readonly ValueName[];
  /** Which carried input each output replaces. */
  readonly inputs: ReadonlyMap<string, ValueName>;
}

/** What is fed to a run. */
export interface Taken {
  readonly values: Readonly<Record<string, OrtValue>>;
  /** State that is to be written in place, by carried input. */
  readonly state: ReadonlyMap<string, Slots>;
}

/** The axis of slots in keys and values [B, H, slots, d]. */
const axis = 2;

/**
 * How state of `graph` is written in place; undefined where it is not only the last keys and values of attention, which a
 * mask that is an input goes with.
 */
export function stateInPlace(graph: Graph): StateInPlace | undefined {
  const apart = new Map<ValueName, readonly ValueName[]>();
  for (const [input, output] of Object.entries(graph.carries)) {
    const value = graph.outputs[output] ?? "";
    const join = graph.nodes.find(({ outputs }) => outputs.includes(value));
    if (join?.op !== "concat" || join.attributes.axis !== axis || graph.inputs[input]?.shape.length !== 4)
      return undefined;
    const [first, ...fresh] = join.inputs.parts;
    if (first !== input || fresh.length !== 1) return undefined;
    apart.set(value, join.inputs.parts);
  }
  if (apart.size === 0) return undefined;
  const carried = new Set(Object.keys(graph.carries));
  const masks = new Set<ValueName>();
  for (const node of graph.nodes) {
    if (!nodeInputs(node).some((name) => apart.has(name) || carried.has(name))) continue;
    if (apart.has(node.outputs[0] ?? "")) continue;
    const mask = node.op === "attention" ? maskOf(node, graph, apart) : undefined;
    if (mask === undefined) return undefined;
    masks.add(mask);
  }
  // One length for all state, so that it has the same room everywhere.
  if (new Set([...masks].map((mask) => graph.inputs[mask]?.shape[axis])).size !== 1) return undefined;
  const results = Object.values(graph.outputs);
  const areOnlyMasks =
    !results.some((value) => masks.has(value)) &&
    graph.nodes.map(nodeInputs).every((names) => names.some((v) => apart.has(v)) || !names.some((v) => masks.has(v)));
  // Under a second name the state would be whole.
  const haveOneName = results.filter((value) => apart.has(value)).length === apart.size;
  const inputs = new Map(Object.entries(graph.carries).map(([input, output]) => [output, input]));
  return areOnlyMasks && haveOneName ? { apart, masks: [...masks], inputs } : undefined;
}

/** The input that masks the joined keys of a node; undefined where they are not its last ones, or more depends on them. */
function maskOf(
  { inputs, outputs }: Node<"attention">,
  graph: Graph,
  apart: StateInPlace["apart"],
): ValueName | undefined {
  const { keys, values, mask = "", distances } = inputs;
  const areLast = [keys, values].every((list) => list.findIndex((name) => apart.has(name)) === list.length - 1);
  const [, probabilities = ""] = outputs;
  const isRead =
    Object.values(graph.outputs).includes(probabilities) ||
    graph.nodes.some((node) => nodeInputs(node).includes(probabilities));
  const [past = "", fresh = ""] = apart.get(keys.at(-1) ?? "") ?? [];
  const slots = addDims(graph.types[past]?.shape[axis] ?? 0, graph.types[fresh]?.shape[axis] ?? 0);
  const fits = graph.inputs[mask]?.shape[2] === slots;
  return areLast && fits && !isRead && distances === undefined ? mask : undefined;
}

/** Added to a score so that the slot counts for nothing: more than any mask of a graph takes away, and far from −∞. */
const nothing = -1e38;

/** What is taken, with masks for the room that its state has; state of different room is copied to have none. */
export function withRoom(ort: OrtRuntime, { values, state }: Taken, masks: readonly ValueName[]): Taken {
  const [{ value: first, used } = { value: undefined, used: 0 }] = state.values();
  const room = first?.dims[axis] ?? 0;
  if (room === used && [...state.values()].every(({ value }) => value.dims[axis] === room)) return { values, state };
  const all: Record<string, OrtValue> = { ...values };
  // Nor may two of them be one tensor: each writes into its own.
  const isShared = new Set([...state.values()].map(({ value }) => value)).size < state.size;
  if (isShared || [...state.values()].some(({ value }) => value.dims[axis] !== room)) {
    const whole = new Map<string, Slots>();
    for (const [input, slots] of state) {
      const value = new ort.Tensor("float32", filled(slots), slots.value.dims.with(axis, slots.used));
      whole.set(input, { value, used: slots.used });
      all[input] = value;
    }
    return { values: all, state: whole };
  }
  for (const name of masks) {
    const mask = values[name];
    if (mask !== undefined) all[name] = widened(ort, mask, used, room);
  }
  return { values: all, state };
}

/** A mask [B, S, used + new] for keys that have `room` slots before the new ones. */
function widened(ort: OrtRuntime, mask: OrtValue, used: number, room: number): OrtValue {
  const [batch = 0, rows = 0, width = 0] = mask.dims;
  const given = floatsOf(mask);
  const wide = width + room - used;
  const data = new Float32Array(batch * rows * wide).fill(nothing);
  for (let row = 0; row < batch * rows; row++) {
    data.set(given.subarray(row * width, row * width + used), row * wide);
    data.set(given.subarray(row * width + used, (row + 1) * width), row * wide + room);
  }
  return new ort.Tensor("float32", data, [batch, rows, wide]);
}

/** `past` with what is new behind it, in the same memory where there is room. */
export function appended(ort: OrtRuntime, { value, used }: Slots, fresh: OrtValue): Slots {
  const [batch = 0, heads = 0, count = 0, d = 0] = fresh.dims;
  const length = used + count;
  if (used === 0) return { value: fresh, used: length };
  const grown = roomFor(ort, { value, used }, length);
  const room = grown.dims[axis] ?? 0;
  const to = { data: floatsOf(grown), room, slot: used };
  copySlots(fresh, to, { rows: batch * heads, count, d });
  return { value: grown, used: length };
}

/** Slots are added this many at once at least, and a quarter of those there are. */
const step = 32;

/** A tensor with what is filled of `slots`, and room for `length`. */
function roomFor(ort: OrtRuntime, { value, used }: Slots, length: number): OrtValue {
  const [batch = 0, heads = 0, room = 0, d = 0] = value.dims;
  if (length <= room) return value;
  const more = step * Math.ceil((1.25 * length) / step);
  const data = new Float32Array(batch * heads * more * d); // zeros: what is not filled has to be finite
  copySlots(value, { data, room: more, slot: 0 }, { rows: batch * heads, count: used, d });
  return new ort.Tensor("float32", data, [batch, heads, more, d]);
}

/** A copy of what is filled, [B, H, used, d]. */
export function filled({ value, used }: Slots): Float32Array<ArrayBuffer> {
  const [batch = 0, heads = 0, , d = 0] = value.dims;
  const data = new Float32Array(batch * heads * used * d);
  copySlots(value, { data, room: used, slot: 0 }, { rows: batch * heads, count: used, d });
  return data;
}

/** Copies the first `count` slots, of d numbers, of each row; there they begin with `slot`. */
function copySlots(
  from: OrtValue,
  { data, room, slot }: { readonly data: Float32Array; readonly room: number; readonly slot: number },
  { rows, count, d }: { readonly rows: number; readonly count: number; readonly d: number },
): void {
  const source = floatsOf(from);
  const stride = (from.dims[axis] ?? 0) * d;
  const length = count * d;
  for (let row = 0; row < rows; row++) {
    const [start, target] = [row * stride, (row * room + slot) * d];
    // A view for each costs more than the few numbers of one slot.
    if (length <= 128) for (let i = 0; i < length; i++) data[target + i] = source[start + i] ?? 0;
    else data.set(source.subarray(start, start + length), target);
  }
}

function floatsOf({ data }: OrtValue): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError("state: keys, values and masks are float32.");
}
