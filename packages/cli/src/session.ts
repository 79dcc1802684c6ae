// A model opened for a command, with everything the user should see of that: progress, notices, and what the demo model
// does not know.
import { GlimpseError } from "@glimpsejs/base";
import type { Git, TaskOptions } from "@glimpsejs/core";
import { chooseBackend } from "./backend.ts";
import type { CliHost } from "./host.ts";
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
 * Opens the model that `options` name, for `pictures`. The caller disposes `git`. Throws UsageError, "missing-file"
 * listing the pictures if none of them exists (before anything is downloaded), and what backends and load() throw.
 */
export async function openSession(options: Options, pictures: readonly string[], host: CliHost): Promise<Session> {
  const { model, dtype } = options;
  const { stderr, signal } = host;
  const backend = await chooseBackend(options, host);
  await checkPictures(pictures, host);
  if (model === undefined) {
    for (const text of wrap(host.demoModelLimits, widthOf(stderr))) line(stderr, text);
    line(stderr, "A real one, downloaded on first use: --model microsoft/git-base-coco");
    line(stderr);
  }
  const start = host.now();
  const progress = new ProgressDisplay(host);
  progress.wait(`Loading ${model === undefined ? "the demo model" : printable(model)} …`);
  try {
    const git = await host.glimpse.load(model, { backend, dtype, signal, onProgress: (p) => progress.update(p) });
    progress.clear();
    for (const { file, assumed } of git.notices) {
      line(stderr, `Note: the checkpoint has no ${printable(file)}; assumed: ${printable(assumed)}.`);
    }
    return { git, loadMs: host.now() - start };
  } finally {
    progress.clear();
  }
}

/** The options of caption() and answer() that were given; what was not is left out, so that the defaults hold. */
export function taskOptions({ maxNewTokens, numBeams }: Options, { signal }: CliHost): TaskOptions {
  return { signal, ...(maxNewTokens !== undefined && { maxNewTokens }), ...(numBeams !== undefined && { numBeams }) };
}

/** A picture among others is reported when its turn comes, as one that cannot be read is. */
async function checkPictures(pictures: readonly string[], host: CliHost): Promise<void> {
  const problems = [];
  for (const picture of pictures) {
    const isUrl = /^[a-z][a-z0-9+.-]+:/i.test(picture); // two letters or more: C:\ is a path
    if (isUrl || (await host.files.exists(picture))) return;
    problems.push({ subject: picture, problem: "the file does not exist" });
  }
  throw new GlimpseError(problems, { code: "missing-file" });
}
