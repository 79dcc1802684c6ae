// What the page asks of the worker that holds the model, and what it gets: the only types both sides share. Everything
// here can be structured-cloned. No behaviour. loadInWorker() carries all calls of a Git, and most pages want nothing
// else; this one shows what is below them: the steps of a beam search (git.model), the part of a picture that the model
// sees and frames as the worker decoded them (git.processor), backends before there is a model, and times that were
// taken where the work is done.

/** What a model can run on here. */
export type BackendId = "reference" | "ort-wasm" | "ort-webgpu" | "webgpu";

/** How the weights are kept. */
export type Dtype = "fp32" | "fp16" | "int8" | "int4";

/** Where a checkpoint comes from. "demo-clips" is the bundled one that was trained on clips. */
export type Source =
  | { readonly kind: "demo" }
  | { readonly kind: "demo-clips" }
  | { readonly kind: "hub"; readonly id: string }
  | { readonly kind: "folder"; readonly name: string; readonly files: readonly File[] };

/** One backend as this browser finds it. */
export interface BackendStatus {
  readonly id: BackendId;
  /** Why it cannot be used, in the library's words; undefined when it can. */
  readonly unavailable: string | undefined;
  readonly dtypes: readonly Dtype[];
  /** Something worth knowing although it runs, such as "one thread". */
  readonly note: string | undefined;
  /** Whether it is there in name only, so that nobody would choose it for its speed. */
  readonly slow: boolean;
}

/** How far one file is. */
export interface FileProgress {
  readonly file: string;
  /** What `loaded` and `total` count. */
  readonly unit: "bytes" | "pieces";
  readonly loaded: number;
  readonly total: number | undefined;
}

/** A model that is ready. */
export interface LoadedModel {
  readonly backend: BackendId;
  readonly dtype: Dtype;
  /** Whether it has temporal embeddings, so that it takes clips; then the frames it was trained with. */
  readonly frames: number | undefined;
  /** What the checkpoint lacked and what was assumed instead. */
  readonly notices: readonly string[];
  readonly milliseconds: number;
}

/** A picture, or a clip as a file; a clip's frames are sampled where the model is. */
export interface SubjectData {
  readonly kind: "picture" | "clip";
  readonly data: Blob;
}

/** The part of the picture that the model sees, as fractions of its width and height. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A picture or clip that the worker keeps encoded, for any number of texts. */
export interface Encoded {
  readonly key: number;
  readonly region: Region;
  /** The frames of a clip as the model sees them, for showing; empty for a picture. */
  readonly frames: readonly ImageBitmap[];
  readonly milliseconds: number;
}

/** What is written about: a caption, or an answer to `question`. */
export interface TextRequest {
  readonly key: number;
  readonly question: string | undefined;
}

/** A finished text. */
export interface WrittenText {
  readonly text: string;
  /** Tokens generated, the closing one included. */
  readonly tokens: number;
  readonly score: number;
  /** Until the first word was there, which includes reading the prompt. */
  readonly firstMilliseconds: number;
  readonly milliseconds: number;
}

/** One word of an explained text. */
export interface ExplainedWord {
  readonly word: string;
  /** Attention to each patch, [frames · rows · columns], summing to 1. */
  readonly heat: Float32Array;
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
  /** Share of the attention that went to the picture, 0 to 1. */
  readonly imageShare: number;
}

/** The beams of a search as they are after one step, or at its end. */
export interface BeamStep {
  readonly beams: readonly Beam[];
}

/** One beam: its tokens as text, word pieces with their "##". */
export interface Beam {
  readonly tokens: readonly string[];
  /** While running the sum of log-probabilities; at the end what the search ranked by. */
  readonly score: number;
}

/** A text about the newest frames of the webcam. */
export interface LiveCaption {
  readonly text: string;
  /** How many frames it is about. */
  readonly frames: number;
}

/** Every call: what it takes, what it tells on the way, what it returns. */
export interface Calls {
  readonly survey: { request: null; event: never; result: readonly BackendStatus[] };
  readonly load: {
    request: { readonly source: Source; readonly backend: BackendId; readonly dtype: Dtype };
    event: FileProgress;
    result: LoadedModel;
  };
  readonly encode: { request: SubjectData; event: never; result: Encoded };
  readonly release: { request: number; event: never; result: null };
  readonly write: { request: TextRequest; event: string; result: WrittenText };
  readonly explain: { request: TextRequest; event: never; result: readonly ExplainedWord[] };
  /** The webcam's newest frame, which is given away. */
  readonly live: { request: VideoFrame; event: never; result: LiveCaption };
  readonly endLive: { request: null; event: never; result: null };
  readonly beams: { request: TextRequest & { readonly numBeams: number }; event: BeamStep; result: BeamStep };
}

/** The name of a call. */
export type CallName = keyof Calls;

/** From the page to the worker. */
export type ToWorker =
  | { readonly type: "call"; readonly id: number; readonly name: CallName; readonly request: unknown }
  | { readonly type: "abort"; readonly id: number };

/** From the worker to the page. */
export type ToPage =
  | { readonly type: "event"; readonly id: number; readonly event: unknown }
  | { readonly type: "result"; readonly id: number; readonly result: unknown }
  | { readonly type: "error"; readonly id: number; readonly error: ErrorData };

/** An error that crosses from the worker to the page. */
export interface ErrorData {
  readonly message: string;
  /** The library's error code, or "internal" for what is a mistake of ours. */
  readonly code: string;
}
