// Sources of subjects that are iterated in the worker while they are on the page: frames of a camera, pictures of a list
// that may have no end. The worker asks for one item at a time, so that none waits in a queue of messages.
import { type ErrorData, fromData, type Reply, type Request, toData } from "./protocol.ts";

/** In place of a source that stays on the page. */
export interface SourceReference {
  readonly glimpseSource: number;
}

type Item = Extract<Request, { readonly type: "item" }>;

/** The page's end: the sources themselves. */
export class PageSources {
  private readonly iterators = new Map<number, AsyncIterator<unknown> | Iterator<unknown>>();
  private readonly send: (item: Item, transfer: Transferable[]) => void;
  private last = 0;

  constructor(send: (item: Item, transfer: Transferable[]) => void) {
    this.send = send;
  }

  /** Offers a source to the worker. Items are what is sent, made by `portable` of each. */
  offer(
    source: AsyncIterable<unknown> | Iterable<unknown>,
    portable: (item: unknown) => Promise<Sent>,
  ): SourceReference {
    const glimpseSource = ++this.last;
    const iterator = (async function* () {
      for await (const item of source) yield await portable(item);
    })();
    this.iterators.set(glimpseSource, iterator);
    return { glimpseSource };
  }

  /** Sends the next item of a source, or ends it. */
  async answer(reply: Extract<Reply, { readonly type: "pull" | "stop" }>): Promise<void> {
    const iterator = this.iterators.get(reply.source);
    if (reply.type === "stop") {
      this.iterators.delete(reply.source);
      await iterator?.return?.();
      return;
    }
    const { pull } = reply;
    try {
      const step = await iterator?.next();
      if (step === undefined || step.done) this.send({ type: "item", pull, done: true }, []);
      else {
        const { value, transfer } = step.value as Sent;
        this.send({ type: "item", pull, done: false, value }, transfer);
      }
    } catch (error) {
      this.send({ type: "item", pull, done: true, error: toData(error) }, []);
    }
  }
}

/** An item on its way, and what of it the page gives up. */
export interface Sent {
  readonly value: unknown;
  readonly transfer: Transferable[];
}

/** The worker's end: what stands for the sources there. */
export class WorkerSources {
  private readonly waiting = new Map<number, (item: Item) => void>();
  private readonly post: (reply: Reply) => void;
  private last = 0;

  constructor(post: (reply: Reply) => void) {
    this.post = post;
  }

  /** A source of the page, to be iterated once. `arrived` makes of an item what is iterated. */
  open({ glimpseSource: source }: SourceReference, arrived: (value: unknown) => unknown): AsyncIterable<unknown> {
    const next = async (): Promise<IteratorResult<unknown, undefined>> => {
      const pull = ++this.last;
      const item = await new Promise<Item>((resolve) => {
        this.waiting.set(pull, resolve);
        this.post({ type: "pull", source, pull });
      });
      if (item.error !== undefined) throw fromData(item.error satisfies ErrorData);
      return item.done ? { done: true, value: undefined } : { done: false, value: arrived(item.value) };
    };
    const end = async (): Promise<IteratorResult<unknown, undefined>> => {
      this.post({ type: "stop", source });
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
  }

  /** Takes an item that the page sent. */
  take(item: Item): void {
    this.waiting.get(item.pull)?.(item);
    this.waiting.delete(item.pull);
  }
}

/** Whether a value stands for a source. */
export function isSourceReference(value: unknown): value is SourceReference {
  return typeof value === "object" && value !== null && "glimpseSource" in value;
}
