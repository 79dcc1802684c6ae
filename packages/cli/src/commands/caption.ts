// `glimpse caption`: describes each picture or clip.
import { GlimpseError } from "@glimpsejs/base";
import type { TextResult } from "@glimpsejs/core";
import type { Clip } from "@glimpsejs/processor";
import { checkContactSheet, framesJson, framesText, isClip, openOperand } from "../clips.ts";
import { generationOptions } from "../generation-options.ts";
import type { CliHost } from "../host.ts";
import type { Call, Command, Options } from "../options.ts";
import { messageOf, reportError } from "../report-error.ts";
import { encodeOptions, type Session, Sessions, taskOptions } from "../session.ts";
import { dimmer, duration, jsonLines, line, plural, printable, scoreText, tenths } from "../text.ts";

/** Describes pictures and clips. */
export const caption: Command = {
  name: "caption",
  operands: "<picture|clip…>",
  arity: [1, Number.POSITIVE_INFINITY],
  about: "describe pictures and clips",
  details:
    "Prints a description of each picture or clip, then the score (log-probability per token; 0 is certainty) and how " +
    "long it took. One that is not there or cannot be read is reported and the others are described; the exit code is " +
    'then 1. When none of them is there, no model is loaded. "-" is the standard input. Clips are MP4, MOV, WebM and MKV files; an animated GIF is ' +
    "its first picture unless --frames, --sampling or --contact-sheet is given. Clips need a checkpoint trained on them.",
  options: [
    "model",
    "backend",
    "dtype",
    "threads",
    ...generationOptions,
    "frames",
    "sampling",
    "contact-sheet",
    "json",
  ],
  examples: [
    "glimpse caption photo.jpg",
    "glimpse caption *.jpg --model microsoft/git-base-coco",
    "glimpse caption clip.mp4 --contact-sheet frames.png",
    "curl -L https://example.com/photo.jpg | glimpse caption -",
    "glimpse caption photo.jpg --json --max-new-tokens 10",
    "glimpse caption photo.jpg --num-beams 4 --length-penalty 0.6",
    "glimpse caption photo.jpg --sample --temperature 0.8 --seed 3",
  ],
  run,
};

async function run({ operands: files, options }: Call, host: CliHost): Promise<number> {
  checkContactSheet(files, options);
  await using sessions = new Sessions(options, files, host);
  const documents: object[] = [];
  let failed = false;
  for (const file of files) {
    const clips = await isClip(file, options, host);
    const session = await sessions.for(clips);
    try {
      const { result, clip, encodeMs, generateMs } = await describe(session, file, clips, options, host);
      documents.push({
        file,
        ...(clip && { clip: framesJson(clip) }),
        ...result,
        timings: { load: tenths(session.loadMs), encode: tenths(encodeMs), generate: tenths(generateMs) },
      });
      if (!options.json) print({ ...result, clip }, encodeMs + generateMs, files.length > 1 ? file : undefined, host);
    } catch (error) {
      if (host.signal.aborted || !GlimpseError.isInstance(error)) throw error;
      failed = true;
      documents.push({ file, error: messageOf(error) });
      reportError(error, host);
    }
  }
  if (options.json) line(host.stdout, jsonLines(documents));
  return failed ? 1 : 0;
}

async function describe({ git }: Session, file: string, isClip: boolean, options: Options, host: CliHost) {
  const start = host.now();
  const { subject, clip } = await openOperand(file, isClip, options, host);
  using trunk = await git.encode(subject, encodeOptions(options, host, false));
  const encoded = host.now();
  const result = await git.caption(trunk, taskOptions(options, host));
  return { result, clip, encodeMs: encoded - start, generateMs: host.now() - encoded };
}

function print(
  { text, score, tokens, clip }: TextResult & { readonly clip: Clip | undefined },
  ms: number,
  heading: string | undefined,
  host: CliHost,
): void {
  const { stdout } = host;
  const dim = dimmer(stdout, host.env);
  const indent = heading === undefined ? "" : "  ";
  if (heading !== undefined) line(stdout, printable(heading));
  line(stdout, `${indent}${printable(text)}`);
  const seen = clip === undefined ? "" : `, ${framesText(clip)}`;
  line(stdout, dim(`${indent}${scoreText(score)}, ${plural(tokens.length, "token")}, ${duration(ms)}${seen}`));
}
