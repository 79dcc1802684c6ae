// What a run is fed: values as they are when run() is called, each kept alive until its run is over. Carried tensors are
// taken from the caller, whatever becomes of the run.
import type { DeviceTensor, Feeds } from "@glimpsejs/backend";
import { GlimpseError } from "@glimpsejs/base";
import { type DType, elementCount, type Graph, type HostTensor } from "@glimpsejs/graph";
import { type Lifetime, type TensorContent, WebGpuTensor } from "./tensor.ts";

/** One feed: data of the host, or a tensor of this backend. */
export interface Taken {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly host?: HostTensor;
  readonly content?: TensorContent;
}

/** The feeds of one run. */
export interface TakenFeeds {
  readonly values: Readonly<Record<string, Taken>>;
  /** Ends the run's share in the tensors. */
  release(): void;
}

/** Takes all feeds. Throws "invalid-argument" or DisposedError; carried tensors are consumed all the same. */
export function takeFeeds(graph: Graph, feeds: Feeds, lifetime: Lifetime): TakenFeeds {
  const values: Record<string, Taken> = {};
  const release = () => {
    for (const { content } of Object.values(values)) content?.storage?.release();
  };
  try {
    for (const [name, feed] of Object.entries(feeds)) {
      const taken = takeFeed(name, feed, lifetime);
      taken.content?.storage?.retain();
      values[name] = taken;
    }
  } catch (error) {
    release();
    throw error;
  } finally {
    for (const [name, feed] of Object.entries(feeds)) {
      if (Object.hasOwn(graph.carries, name) && feed instanceof WebGpuTensor) feed.dispose();
    }
  }
  return { values, release };
}

function takeFeed(name: string, feed: DeviceTensor | HostTensor, lifetime: Lifetime): Taken {
  const subject = `feed "${name}"`;
  const { dtype, shape } = feed;
  if (feed instanceof WebGpuTensor && feed.lifetime === lifetime) return { dtype, shape, content: feed.content };
  if ("data" in feed) return { dtype, shape, host: hostCopy(feed, subject) };
  throw new GlimpseError(
    { subject, problem: "it belongs to another backend", advice: "Read it there and feed the host value." },
    { code: "invalid-argument" },
  );
}

/** A copy of a caller's tensor, which may change once run() or upload() has returned. Throws "invalid-argument". */
export function hostCopy(tensor: HostTensor, subject: string): HostTensor {
  const expected = elementCount(tensor.shape);
  if (tensor.data.length !== expected) {
    throw new GlimpseError(
      {
        subject,
        problem: "the data does not fill the shape",
        expected: `${expected} elements for [${tensor.shape.join(", ")}]`,
        got: String(tensor.data.length),
      },
      { code: "invalid-argument" },
    );
  }
  return { ...tensor, data: tensor.data.slice() } as HostTensor; // the same dtype and its array
}
