// The other end of a process that measures: ours over Node's channel, Python's over lines of JSON.
import { type ChildProcess, fork, spawn } from "node:child_process";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import type {
  BaseMemoryRequest,
  CaptionAllRequest,
  EncodeRequest,
  GenerateRequest,
  MemoryRequest,
  Opened,
  OpenRequest,
  Timed,
} from "./calls.ts";

/** A process that measures, open until it is closed. */
export interface Runner {
  readonly backend: string;
  readonly dtype: string;
  readonly kind: "glimpse" | "peer";
  /** Whether a GPU computes: how much of the processor it gets says nothing then, nor does the processor's roofline. */
  readonly isOnGpu: boolean;
  ask(request: OpenRequest): Promise<Opened>;
  ask(request: GenerateRequest | EncodeRequest | CaptionAllRequest): Promise<Timed>;
  ask(request: MemoryRequest | BaseMemoryRequest): Promise<number>;
  /** A new process for the same, to be closed by who asks for it. Absent where starting once more is not measured. */
  again?(): Runner;
  close(): void;
}

/** A process of ours. */
export function glimpseRunner(backend: string, dtype: string): Runner {
  const child = fork(new URL("./child.js", import.meta.url), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const { ask, settle } = conversation(child, `${backend} ${dtype}`, (message) => child.send(message));
  child.on("message", settle);
  return {
    backend,
    dtype,
    kind: "glimpse",
    isOnGpu: backend === "webgpu",
    ask,
    again: () => glimpseRunner(backend, dtype),
    close() {
      if (child.connected) child.disconnect();
    },
  };
}

/** transformers on PyTorch, on the processor or on a `device` such as "cuda". */
export function transformersRunner(python: string, device = "cpu"): Runner {
  const script = fileURLToPath(new URL("../peer.py", import.meta.url));
  const child = spawn(python, [script, device], { stdio: ["pipe", "pipe", "inherit"] });
  const { ask, settle } = conversation(child, python, (message) => child.stdin.write(`${JSON.stringify(message)}\n`));
  readline.createInterface({ input: child.stdout }).on("line", (line) => settle(JSON.parse(line)));
  return {
    backend: "transformers",
    dtype: "fp32",
    kind: "peer",
    isOnGpu: device !== "cpu",
    ask,
    close: () => child.stdin.end(),
  };
}

/** Questions by number, and the answers to them as they come. */
function conversation(child: ChildProcess, name: string, send: (message: object) => void) {
  const waiting = new Map<number, { resolve(value: never): void; reject(reason: Error): void }>();
  let count = 0;
  let ended: Error | undefined;
  const end = (reason: string) => {
    ended ??= new Error(`${name}: ${reason}`);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  child.once("error", (error) => end(error.message));
  child.once("close", (code, signal) => end(`the process ended (${signal ?? `exit code ${code}`})`));
  return {
    ask<T>(request: object): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const id = count++;
        waiting.set(id, { resolve, reject });
        send({ id, request });
      });
    },
    settle(message: unknown): void {
      const { id, answer, error } = message as { id: number; answer?: never; error?: string };
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error !== undefined) asked?.reject(new Error(`${name}: ${error}`));
      else asked?.resolve(answer as never);
    },
  };
}
