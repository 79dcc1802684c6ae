// What runners are asked to do, the same for our processes and for Python's: messages of plain data.
import type { ScenarioName } from "./result.ts";

/** What a runner is opened with. */
export interface OpenRequest {
  readonly kind: "open";
  readonly folder: string;
  readonly backend: string;
  readonly dtype: string;
  readonly threads: number | undefined;
  /** File of float32 pixel values [n, …], of which calls take the first. */
  readonly pixels: { readonly file: string; readonly shape: readonly number[] };
}

/** One call of generate(), timed. */
export interface GenerateRequest {
  readonly kind: "generate";
  /** How many of the pictures; all prompts are about one, or each about its own. */
  readonly pictures: number;
  readonly prompts: readonly (readonly number[])[];
  /** Tokens to generate; end tokens are ignored, so that all generate as many. */
  readonly tokens: number;
  readonly beams: number;
  /** Side of the pictures in pixels, where it is not the model's: positions are interpolated. */
  readonly size?: number | undefined;
}

/** The image encoder alone, timed. */
export interface EncodeRequest {
  readonly kind: "encode";
}

/** Captions of many pictures by captionAll(), from pixels as cameras give them. Ours only. */
export interface CaptionAllRequest {
  readonly kind: "captionAll";
  readonly pictures: number;
  readonly batchSize: number;
  readonly tokens: number;
}

/** Peak memory so far. */
export interface MemoryRequest {
  readonly kind: "memory";
}

/** Peak memory of a process that imports everything and opens the backend, but no model. Ours only, and before anything else. */
export interface BaseMemoryRequest {
  readonly kind: "baseMemory";
  readonly backend: string;
}

/** Anything that a runner can be asked. */
export type Request =
  | OpenRequest
  | GenerateRequest
  | EncodeRequest
  | CaptionAllRequest
  | MemoryRequest
  | BaseMemoryRequest;

/** Answer to open. */
export interface Opened {
  readonly name: string;
  readonly load: number;
  /** What the GPU calls itself that the model is on. */
  readonly gpu?: string | undefined;
}

/** Answer to generate and encode. */
export interface Timed {
  readonly ms: number;
  /** Processor time of the process meanwhile. */
  readonly cpu: number;
  /** Prompt and generated ids of every row; empty for encode. */
  readonly ids: readonly (readonly number[])[];
  /** Milliseconds of each token after the first; empty where they do not come one by one. */
  readonly steps: readonly number[];
  /** Time in which the runtime computed, where it can be told. */
  readonly runtime: number | undefined;
}

// Questions of 4 to 7 words in BERT's vocabulary; which ones does not matter, that they differ does.
const questionWords = [2054, 2003, 1996, 3609, 1997, 2158, 2129, 2116, 4937, 2024, 2045, 2073, 2187, 2040, 2157, 2339];

/** Prompts of ten questions: [CLS] and 4 to 7 tokens. */
export function questions(first: number): readonly (readonly number[])[] {
  return Array.from({ length: 10 }, (_, q) => [
    first,
    ...Array.from({ length: 4 + (q % 4) }, (_, i) => questionWords[(5 * q + 3 * i) % questionWords.length] ?? first),
  ]);
}

/** The call of a scenario. */
export function callOf(name: ScenarioName, prompt: readonly number[], tokens: number): GenerateRequest | EncodeRequest {
  const one = { kind: "generate", pictures: 1, prompts: [prompt], tokens, beams: 1 } as const;
  switch (name) {
    case "encode":
      return { kind: "encode" };
    case "caption":
      return one;
    case "beam4":
      return { ...one, beams: 4 };
    case "questions10":
      return { ...one, prompts: questions(prompt[0] ?? 101) };
    case "batch8":
      return { ...one, pictures: 8, prompts: Array.from({ length: 8 }, () => prompt) };
    default:
      return name satisfies never;
  }
}
