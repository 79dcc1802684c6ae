// One run: what is fed goes to its buffers, the dispatches are recorded in one pass, and everything is one submit. What is
// small comes out in the same submit, ready to be mapped.
import { type Bindings, elementCount, evaluateDim } from "@glimpsejs/graph";
import type { BufferSpec, StateSpec } from "@glimpsejs/wgsl";
import type { Bound, BoundPlan } from "./bound-plan.ts";
import type { Shared } from "./buffers.ts";
import { watched } from "./failures.ts";
import type { Taken } from "./feeds.ts";
import type { GpuEncoder } from "./gpu.ts";
import type { Profiler } from "./profiler.ts";
import type { Residence } from "./residence.ts";
import { type Lifetime, type Room, type TensorContent, usedParts, WebGpuTensor } from "./tensor.ts";

/** Outputs up to this many bytes are copied for reading in the submit that makes them. */
const eagerBytes = 1024;

/** What a run needs. */
export interface RunCall {
  readonly residence: Residence;
  readonly bound: BoundPlan;
  readonly feeds: Readonly<Record<string, Taken>>;
  readonly sizes: Bindings;
  readonly lifetime: Lifetime;
  readonly profiler: Profiler | undefined;
}

/** Records and submits a run and returns its outputs, which the device may still have to compute. */
export function runPlan(call: RunCall): Readonly<Record<string, WebGpuTensor>> {
  const { residence, bound, lifetime } = call;
  const { session } = residence;
  const { plan } = bound;
  const before = new Set(Object.values(call.feeds).map(({ content }) => content?.failure));
  const { result, failure } = watched(session.device, `running graph "${plan.graph}"`, () => submit(call));
  const all = Promise.all([...before, failure]).then((errors) => errors.find((error) => error !== undefined));
  const outputs: Record<string, WebGpuTensor> = {};
  for (const [name, { view, dtype }] of Object.entries(plan.outputs)) {
    const shape = view.shape.map((dim) => evaluateDim(dim, call.sizes));
    const made = result.outputs.get(view.buffer);
    const content: TensorContent = {
      session,
      storage: made?.storage,
      room: made?.room,
      failure: all,
      staging: result.staging.get(name),
    };
    outputs[name] = new WebGpuTensor(dtype, shape, content, lifetime);
  }
  return outputs;
}

interface Made {
  readonly storage: Shared;
  readonly room?: Room;
}

function submit({ residence, bound, feeds, sizes, profiler }: RunCall) {
  const { session } = residence;
  const { device, buffers, counters } = session;
  const { plan } = bound;
  const encoder = device.createCommandEncoder();
  const outputs = new Map<number, Made>();
  const passing: Shared[] = []; // copies of feeds that are given back once they are submitted
  const states = new Map(plan.states.map((state) => [state.buffer, state]));
  const resolved = plan.buffers.map((spec, id): Bound | undefined => {
    if (spec.kind === "weight") return residence.weight(spec.pack, spec.part);
    if (spec.kind === "temporary")
      return spec.slot < 0 ? undefined : residence.slot(spec.slot, plan.slots[spec.slot] ?? 0);
    if (spec.kind === "output") {
      const storage = buffers.take(spec.bytes);
      outputs.set(id, { storage });
      return storage;
    }
    const feed = feeds[spec.input];
    if (feed === undefined) throw new TypeError(`run: the feed "${spec.input}" vanished.`);
    if (spec.kind === "feed") return feedBuffer(spec, feed, passing);
    const state = states.get(id);
    if (state === undefined) throw new TypeError(`run: the state "${spec.input}" has no plan.`);
    const storage = stateBuffer(state, spec.bytes, feed);
    outputs.set(id, { storage, room: { axis: state.axis, capacity: state.capacity } });
    return storage;
  });
  const boundOf = (id: number): Bound => {
    const found = resolved[id];
    if (found === undefined) throw new TypeError(`run: buffer ${id} has no memory.`);
    return found;
  };
  bound.writeParams(sizes);

  if (profiler === undefined) {
    const pass = encoder.beginComputePass();
    for (let i = 0; i < plan.dispatches.length; i++) bound.record(pass, i, boundOf);
    pass.end();
  } else profiler.record(session, encoder, bound, boundOf, sizes);

  const staging = new Map(
    Object.entries(plan.outputs).flatMap(([name, { view }]) => {
      const made = outputs.get(view.buffer);
      const bytes = 4 * elementCount(view.shape.map((dim) => evaluateDim(dim, sizes)));
      if (made === undefined || made.room !== undefined || bytes === 0 || bytes > eagerBytes) return [];
      const buffer = buffers.takeStaging(bytes);
      encoder.copyBufferToBuffer(made.storage.buffer as never, 0, buffer as never, 0, bytes);
      return [[name, buffer] as const];
    }),
  );
  device.queue.submit([encoder.finish() as never]);
  counters.runs++;
  counters.submits++;
  counters.dispatches += plan.dispatches.length;
  for (const storage of passing) storage.release();
  // A state that no output stands for ends with the run.
  const kept = new Set(Object.values(plan.outputs).map(({ view }) => view.buffer));
  for (const [id, { storage }] of outputs) if (!kept.has(id)) storage.release();
  return { outputs, staging };

  function feedBuffer(spec: BufferSpec & { kind: "feed" }, feed: Taken, given: Shared[]): Shared {
    const { content } = feed;
    if (content?.storage === undefined) {
      const storage = bound.feedBuffer(spec.input, spec.bytes);
      if (feed.host !== undefined && feed.host.data.length > 0)
        device.queue.writeBuffer(storage.buffer as never, 0, feed.host.data);
      return storage;
    }
    const { storage, room } = content;
    if (room === undefined) return storage;
    const compact = buffers.take(spec.bytes);
    given.push(compact);
    copyParts(encoder, storage, usedParts(feed.shape, room), compact, usedParts(feed.shape, undefined));
    return compact;
  }

  /** The buffer that a state is continued in: its own while there is room, else a larger one that begins with it. */
  function stateBuffer({ axis, capacity }: StateSpec, bytes: number, feed: Taken): Shared {
    const { content, host, shape } = feed;
    const own = content?.storage;
    if (own !== undefined && content?.room?.axis === axis && content.room.capacity === capacity) {
      own.retain();
      return own;
    }
    const storage = buffers.take(bytes);
    const to = usedParts(shape, { axis, capacity });
    if (own !== undefined) copyParts(encoder, own, usedParts(shape, content?.room), storage, to);
    if (host !== undefined && host.data.length > 0) {
      for (const { at, to: from, bytes: count } of to) {
        device.queue.writeBuffer(storage.buffer as never, at, host.data, from / 4, count / 4);
      }
    }
    return storage;
  }
}

type Parts = ReturnType<typeof usedParts>;

/** Copies a value from one layout to another; both lists cover it in the same order. */
function copyParts(encoder: GpuEncoder, source: Shared, sourceParts: Parts, target: Shared, targetParts: Parts): void {
  // One of the lists may be a single part, the whole value.
  const finer = sourceParts.length >= targetParts.length ? sourceParts : targetParts;
  for (const [i, { to, bytes }] of finer.entries()) {
    const at = (parts: Parts) => (parts.length === finer.length ? (parts[i]?.at ?? 0) : to);
    if (bytes > 0) {
      encoder.copyBufferToBuffer(
        source.buffer as never,
        at(sourceParts),
        target.buffer as never,
        at(targetParts),
        bytes,
      );
    }
  }
}
