// A model opened for a command, with everything the user should see of that: progress, notices, and what the demo model
// does not know.
import type { EncodeTaskOptions, Git, TaskOptions } from "@glimpsejs/core";
import { chooseBackend } from "./backend.ts";
import type { CliHost } from "./host.ts";
import { checkOperands } from "./operands.ts";
import type { Options } from "./options.ts";
import { ProgressDisplay } from "./progress.ts";
import { line, printable, widthOf, wrap } from "./text.ts";

/** An open model. */
export interface Session {
  readonly git: Git;
  /** Milliseconds that opening took, downloads included. */
  readonly loadMs: number;
}

/**
 * Opens the model that `options` name, for `files`; without one the demo model, which is another for clips. The caller
 * disposes `git`. Throws UsageError, "missing-file" listing the files if none of them exists (before anything is
 * downloaded), and what backends and load() throw.
 */
export async function openSession(
  options: Options,
  files: readonly string[],
  host: CliHost,
  forClips = false,
): Promise<Session> {
  const { model, dtype } = options;
  const { stderr, signal } = host;
  const backend = await chooseBackend(options, host);
  // A picture among others that is not there is reported when its turn comes, as one that cannot be read is.
  await checkOperands(files, host);
  if (model === undefined) {
    const [limits, real] = forClips
      ? [host.demoClipLimits, "microsoft/git-base-vatex"]
      : [host.demoModelLimits, "microsoft/git-base-coco"];
    for (const text of wrap(limits, widthOf(stderr))) line(stderr, text);
    line(stderr, `A real one, downloaded on first use: --model ${real}`);
    line(stderr);
  }
  const start = host.now();
  const progress = new ProgressDisplay(host);
  progress.wait(`Loading ${model === undefined ? "the demo model" : printable(model)} …`);
  try {
    const git = await host.glimpse.load(model ?? (forClips ? "demo:clips" : undefined), {
      backend,
      dtype,
      signal,
      onProgress: (p) => progress.update(p),
    });
    progress.clear();
    for (const { file, assumed } of git.notices) {
      line(stderr, `Note: the checkpoint has no ${printable(file)}; assumed: ${printable(assumed)}.`);
    }
    return { git, loadMs: host.now() - start };
  } finally {
    progress.clear();
  }
}

/** The sessions that pictures and clips need: one of a named model, or the demo model of each kind. */
export class Sessions {
  private readonly options: Options;
  private readonly files: readonly string[];
  private readonly host: CliHost;
  private readonly open = new Map<boolean, Promise<Session>>();

  /** Nothing is opened before {@link for} is called; `files` are all operands. */
  constructor(options: Options, files: readonly string[], host: CliHost) {
    this.options = options;
    this.files = files;
    this.host = host;
  }

  /** The session for clips or for pictures; throws as {@link openSession}. */
  for(clips: boolean): Promise<Session> {
    const key = this.options.model === undefined && clips;
    const session = this.open.get(key) ?? openSession(this.options, this.files, this.host, key);
    this.open.set(key, session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of await Promise.allSettled(this.open.values())) {
      if (session.status === "fulfilled") await session.value.git.dispose();
    }
  }
}

/** The options of caption() and answer() that were given; what was not is left out, so that the defaults hold. */
export function taskOptions({ generation }: Options, { signal }: CliHost): TaskOptions {
  return { ...generation, signal };
}

/** How a picture is encoded for such a call; a preset may prepare it differently for questions. */
export function encodeOptions({ generation }: Options, { signal }: CliHost, forQuestion: boolean): EncodeTaskOptions {
  return { preset: generation.preset, forQuestion, signal };
}
