// The worker's side: loads one model and answers calls about it. In a worker of your own, call it with your platform.
import { bind, type Git, type Platform, type Trunk } from "@glimpsejs/core";
import type { WebSource } from "../checkpoint.ts";
import { type ErrorReference, type Reply, type Request, type TrunkReference, toData } from "./protocol.ts";
import { isSourceReference, WorkerSources } from "./sources.ts";

/** What a worker is to serve(): the worker's own `self`, mostly. */
export interface Port {
  /** Sends a message to the page. */
  postMessage(message: unknown): void;
  /** Calls `listener` with each message of the page. */
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/**
 * Answers the page that loaded this worker with `loadInWorker(source, { worker })`.
 * @example serveGlimpse(self, webPlatform({ backend: () => ortWeb({ provider: "wasm", urls }) }));
 */
export function serveGlimpse(port: Port, platform: Platform<WebSource>): void {
  const calls = new Map<number, AbortController>();
  const trunks = new Map<number, Trunk>();
  const streams = new Map<number, AsyncGenerator<unknown, unknown, undefined>>();
  const post = (reply: Reply) => port.postMessage(reply);
  const sources = new WorkerSources(post);
  let git: Git | undefined;

  const loaded = (): Git => {
    if (git === undefined) throw new TypeError("the worker has no model.");
    return git;
  };
  /** Puts trunks and sources in the place of their references. */
  const arrived = (value: unknown): unknown => {
    if (isSourceReference(value)) return sources.open(value, arrived);
    return isReference(value) ? trunks.get(value.glimpseTrunk) : value;
  };
  /** The arguments of a call, with its signal in its options. */
  const received = (args: readonly unknown[], signal: AbortSignal): unknown[] => {
    const [subject, ...rest] = args.map(arrived);
    const options = rest.pop();
    return [subject, ...rest, { ...(options as object), signal }];
  };

  const reportTo = (id: number) => (progress: unknown) => post({ type: "progress", id, progress });

  async function answer(
    request: Exclude<Request, { type: "free" | "abort" | "item" }>,
    signal: AbortSignal,
  ): Promise<unknown> {
    switch (request.type) {
      case "load": {
        const options = { ...request.options, signal, onProgress: reportTo(request.id) };
        git = await bind(platform).load(request.source as WebSource | undefined, options);
        const { config } = git.model;
        return { config, notices: git.notices, backend: git.backend };
      }
      case "call": {
        // The types were checked where the page called; what crossed over has the same form.
        const call = loaded()[request.name] as (...args: unknown[]) => Promise<unknown>;
        return call.apply(loaded(), received(request.args, signal));
      }
      case "encode": {
        const [subject, options] = received(request.args, signal);
        const trunk = await loaded().encode(subject, options as object);
        trunks.set(request.id, trunk);
        const { batch, imageTokens, visionRuns } = trunk;
        return { batch, imageTokens, visionRuns };
      }
      case "stream": {
        const [subject, options] = received(request.args, signal);
        // As with calls, the types were checked where the page called.
        const onProgress = request.name === "captionAll" ? { onProgress: reportTo(request.id) } : {};
        const start = loaded()[request.name] as (...args: unknown[]) => AsyncGenerator<unknown, unknown, undefined>;
        streams.set(request.id, start.call(loaded(), subject, { ...(options as object), ...onProgress }));
        return undefined;
      }
      case "next": {
        const step = await streams.get(request.stream)?.next();
        return step && { ...step, value: withoutError(step.value) };
      }
      case "return":
        await streams.get(request.stream)?.return(undefined);
        streams.delete(request.stream);
        calls.delete(request.stream);
        return undefined;
      case "dispose":
        return git?.dispose();
    }
  }

  port.addEventListener("message", async ({ data }) => {
    const request: Request = data;
    if (request.type === "item") return sources.take(request);
    if (request.type === "abort") return calls.get(request.call)?.abort(request.reason);
    if (request.type === "free") {
      trunks.get(request.trunk)?.dispose();
      return void trunks.delete(request.trunk);
    }
    const controller = calls.get(request.id) ?? new AbortController();
    calls.set(request.id, controller);
    try {
      post({ type: "done", id: request.id, value: await answer(request, controller.signal) });
    } catch (error) {
      post({ type: "failed", id: request.id, error: toData(error) });
    } finally {
      // A stream is aborted by the number of the call that opened it.
      if (request.type !== "stream") calls.delete(request.id);
    }
  });
}

/** A result of captionAll() that is an error, as it crosses over. */
function withoutError(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("error" in value)) return value;
  return { ...value, error: { glimpseError: toData(value.error) } satisfies ErrorReference };
}

function isReference(value: unknown): value is TrunkReference {
  return typeof value === "object" && value !== null && "glimpseTrunk" in value;
}
