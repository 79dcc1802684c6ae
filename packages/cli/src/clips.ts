// Operands of the command that may be clips: what tells one from a picture, how it is opened, and its contact sheet.
import { contactSheetPng } from "@glimpsejs/core";
import type { Clip } from "@glimpsejs/processor";
import { UsageError } from "./arguments.ts";
import type { CliHost } from "./host.ts";
import { checkLocal, sourceOf } from "./operands.ts";
import type { Options } from "./options.ts";

/**
 * Whether an operand is a clip: a video always, anything else where an option for clips is given. So an animated GIF is its
 * first picture unless frames of it are asked for.
 */
export async function isClip(file: string, options: Options, host: CliHost): Promise<boolean> {
  const { frames, sampling, contactSheet } = options;
  const asked = frames !== undefined || sampling !== undefined || contactSheet !== undefined;
  return asked || (await host.clips.kind(await sourceOf(file, host))) === "video";
}

/** What calls of Git take for an operand, and the clip if it is one. */
export interface OpenedOperand {
  readonly subject: string | Uint8Array | Clip;
  readonly clip: Clip | undefined;
}

/** Opens an operand; of a clip the contact sheet is written where one is asked for. */
export async function openOperand(
  file: string,
  isClip: boolean,
  { frames, sampling, contactSheet }: Options,
  host: CliHost,
): Promise<OpenedOperand> {
  checkLocal(file);
  const source = await sourceOf(file, host);
  if (!isClip) return { subject: source, clip: undefined };
  const { signal } = host;
  const clip = await host.clips.load(source, { frames, sampling, signal });
  if (contactSheet !== undefined) await host.writer.write(contactSheet, await contactSheetPng(clip, { signal }));
  return { subject: clip, clip };
}

/** Throws {@link UsageError} for one contact sheet of several operands. */
export function checkContactSheet(files: readonly string[], { contactSheet }: Options): void {
  if (contactSheet === undefined || files.length < 2) return;
  throw new UsageError({
    subject: "--contact-sheet",
    problem: "it shows one clip",
    expected: "one operand",
    got: String(files.length),
  });
}

/** What the model saw of a clip, in a few words: "6 of 24 frames". */
export function framesText({ indices, frameCount }: Clip): string {
  return `${new Set(indices).size} of ${frameCount} frames`;
}

/** The frames of a clip, for JSON. */
export function framesJson({ indices, timestamps, frameCount, duration, codec }: Clip) {
  return { frames: indices, timestamps, frameCount, duration, codec };
}
