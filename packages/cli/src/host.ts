// What the command needs from the place it runs in, as one value. Nothing here is implemented: Node's is in glimpsejs.
import type { BackendPlugin } from "@glimpsejs/backend";
import type { Bound } from "@glimpsejs/core";
import type { Clip, FrameOptions } from "@glimpsejs/processor";

/** An output stream of the process. */
export interface TextOutput {
  /** Prints text as it is. */
  write(text: string): void;
  /** Whether a person reads along on a terminal. */
  readonly isTTY: boolean;
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number;
}

/** A backend that `--backend` can name. */
export interface BackendChoice {
  /** What `--backend` calls it. */
  readonly name: string;
  /** What it is, in a few words for `glimpse doctor`. */
  readonly about: string;
  /** Whether it takes the option `--threads`. */
  readonly takesThreads: boolean;
  /** The backend as a value; nothing is opened. */
  plugin(options: { readonly threads?: number }): BackendPlugin;
  /** The same where no backend is named, if that asks for more; default `plugin({})`. */
  unnamed?(): BackendPlugin;
  /**
   * Why it cannot be used, as `unavailable()` of the plugin says, where that alone would write to the user's terminal or
   * could end the process.
   */
  probe?(): Promise<string | undefined>;
  /** The backend with the time of every kernel, where it can tell them: those of the runs since the last call. */
  profiled?(): ProfiledBackend;
}

/** A backend that times its kernels. */
export interface ProfiledBackend {
  /** What `--backend` calls it. */
  readonly name: string;
  /** The backend, to be handed to load(). */
  readonly plugin: BackendPlugin;
  /** The times of all dispatches since the last call. */
  times(): Promise<readonly DispatchTime[]>;
}

/** One kernel that ran, and its time. */
export interface DispatchTime {
  /** Name of the graph that was run. */
  readonly graph: string;
  /** The op that the kernel computes. */
  readonly op: string;
  /** Name of the kernel. */
  readonly kernel: string;
  /** Where in the model it stands. */
  readonly path: string;
  /** Its time by the device's clock. */
  readonly nanoseconds: number;
  /** Floating-point operations. */
  readonly flops: number;
  /** Bytes that move at least. */
  readonly bytes: number;
}

/** The little that the command itself reads; models and pictures are read by their own packages. */
export interface FileReader {
  /** Whether there is a file or folder of that path. */
  exists(path: string): Promise<boolean>;
  /** The bytes of a file. Throws "missing-file". */
  read(path: string): Promise<Uint8Array>;
  /** Names of the entries of a folder. Throws "missing-file". */
  list(path: string): Promise<readonly string[]>;
}

/** What opens videos and animated GIFs. */
export interface ClipOpener {
  /** What a file is by its first bytes; undefined for a picture, for anything else, and for what cannot be read. */
  kind(source: string | Uint8Array): Promise<"video" | "gif" | undefined>;
  /** Opens a clip, a path or the bytes of a file, and chooses frames of it. */
  load(source: string | Uint8Array, options: FrameOptions & { readonly signal: AbortSignal }): Promise<Clip>;
}

/** The little that the command itself writes. */
export interface FileWriter {
  /** Makes a file, or makes it anew. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Makes a folder and those above it, unless it is there. */
  makeFolder(path: string): Promise<void>;
  /** Adds to the end of a file. */
  append(path: string, text: string): Promise<void>;
}

/** What `glimpse doctor` says about the machine. */
export interface MachineFacts {
  /** Name and version of the JavaScript runtime, such as "Node.js 22.14.0". */
  readonly runtime: string;
  /** Operating system and architecture, such as "linux x64". */
  readonly system: string;
  /** The processor. */
  readonly cpu: {
    /** As the system calls it. */
    readonly model: string;
    /** Logical ones: threads that can run at once. */
    readonly cores: number;
  };
  /** In bytes. */
  readonly memory: {
    /** Bytes in all. */
    readonly total: number;
    /** Bytes that are free now. */
    readonly available: number;
  };
  /** What decodes pictures, and why it cannot where it cannot. */
  readonly pictures: {
    /** Name of the decoder. */
    readonly decoder: string;
    /** Why it cannot be used; absent where it can. */
    readonly problem?: string;
  };
  /** The same for videos; animated GIFs need nothing. */
  readonly clips: {
    /** Name of the decoder. */
    readonly decoder: string;
    /** Why it cannot be used; absent where it can. */
    readonly problem?: string;
  };
  /** Where downloads go, and which setting says so. */
  readonly cache: {
    /** Absolute path. */
    readonly folder: string;
    /** The variable that decides the folder, or "default". */
    readonly setBy: string;
  };
  /** Whether HF_HUB_OFFLINE forbids downloads. */
  readonly offline: boolean;
  /** Whether there is a token for private checkpoints. Its value stays with the host. */
  readonly token: boolean;
}

/** The place the command runs in. */
export interface CliHost {
  /** Version of Glimpse. */
  readonly version: string;
  /** Where results go. */
  readonly stdout: TextOutput;
  /** Where progress, notices and errors go. */
  readonly stderr: TextOutput;
  /** Read: NO_COLOR, GLIMPSE_DEBUG. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The classes and load(), bound to this platform. */
  readonly glimpse: Bound;
  /** Fastest first; without `--backend` the first that is available is used. */
  readonly backends: readonly BackendChoice[];
  /** What a person should know before trusting the model that is used without `--model`. */
  readonly demoModelLimits: string;
  /** The same for the model that is used for clips without `--model`. */
  readonly demoClipLimits: string;
  /** What the command itself reads. */
  readonly files: FileReader;
  /** All bytes of the standard input, the same however often it is asked for. Throws where there are none. */
  stdin(): Promise<Uint8Array>;
  /** Opens what is no picture. */
  readonly clips: ClipOpener;
  /** What the command itself writes. */
  readonly writer: FileWriter;
  /** What `glimpse doctor` says about the machine. */
  facts(): Promise<MachineFacts>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Milliseconds from any fixed moment. */
  now(): number;
}
