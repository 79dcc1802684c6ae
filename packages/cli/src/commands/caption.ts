// `glimpse caption`: describes each picture.
import { GlimpseError } from "@glimpsejs/base";
import type { Git, TextResult } from "@glimpsejs/core";
import type { CliHost } from "../host.ts";
import type { Call, Command, Options } from "../options.ts";
import { messageOf, reportError } from "../report-error.ts";
import { openSession, taskOptions } from "../session.ts";
import { dimmer, duration, jsonLines, line, plural, printable, scoreText, tenths } from "../text.ts";

/** Describes pictures. */
export const caption: Command = {
  name: "caption",
  operands: "<picture…>",
  arity: [1, Number.POSITIVE_INFINITY],
  about: "describe pictures",
  details:
    "Prints a description of each picture, then the score (log-probability per token; 0 is certainty) and how long it " +
    "took. A picture that is not there or cannot be read is reported and the others are described; the exit code is then " +
    "1. When none of them is there, no model is loaded.",
  options: ["model", "backend", "dtype", "threads", "max-new-tokens", "json"],
  examples: [
    "glimpse caption photo.jpg",
    "glimpse caption *.jpg --model microsoft/git-base-coco",
    "glimpse caption photo.jpg --json --max-new-tokens 10",
  ],
  run,
};

async function run({ operands: pictures, options }: Call, host: CliHost): Promise<number> {
  const { git, loadMs } = await openSession(options, pictures, host);
  await using _ = git;
  const documents: object[] = [];
  let failed = false;
  for (const file of pictures) {
    try {
      const { result, encodeMs, generateMs } = await describe(git, file, options, host);
      documents.push({
        file,
        ...result,
        timings: { load: tenths(loadMs), encode: tenths(encodeMs), generate: tenths(generateMs) },
      });
      if (!options.json) print(result, encodeMs + generateMs, pictures.length > 1 ? file : undefined, host);
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

async function describe(git: Git, file: string, options: Options, host: CliHost) {
  const start = host.now();
  using trunk = await git.encode(file, { signal: host.signal });
  const encoded = host.now();
  const result = await git.caption(trunk, taskOptions(options, host));
  return { result, encodeMs: encoded - start, generateMs: host.now() - encoded };
}

function print({ text, score, tokens }: TextResult, ms: number, heading: string | undefined, host: CliHost): void {
  const { stdout } = host;
  const dim = dimmer(stdout, host.env);
  const indent = heading === undefined ? "" : "  ";
  if (heading !== undefined) line(stdout, printable(heading));
  line(stdout, `${indent}${printable(text)}`);
  line(stdout, dim(`${indent}${scoreText(score)}, ${plural(tokens.length, "token")}, ${duration(ms)}`));
}
