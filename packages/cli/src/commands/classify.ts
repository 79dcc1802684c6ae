// `glimpse classify`, `glimpse rank` and `glimpse score`: how likely given texts are for a picture or clip.
import type { Git, LabelScore, TextScore, Trunk } from "@glimpsejs/core";
import { UsageError } from "../arguments.ts";
import { isClip, openOperand } from "../clips.ts";
import type { CliHost } from "../host.ts";
import type { Call, Command, OptionName, Options } from "../options.ts";
import { openSession } from "../session.ts";
import { dimmer, jsonLines, line, plural, printable } from "../text.ts";

const shared: readonly OptionName[] = ["model", "backend", "dtype", "threads", "labels", "question"];
const clipOptions: readonly OptionName[] = ["frames", "sampling", "contact-sheet", "json"];

/** Which of given labels a picture shows. */
export const classify: Command = {
  name: "classify",
  operands: "<picture|clip> [label…]",
  arity: [1, Number.POSITIVE_INFINITY],
  about: "say which of given labels a picture shows",
  details:
    "Prints the labels by probability: how probable each is among all the labels given, and how probable it is that the " +
    "model, left to itself, says exactly this. The picture is encoded once and labels that begin alike share their " +
    "beginning, so that there may be thousands of them.",
  options: [...shared, "limit", ...clipOptions],
  examples: ["glimpse classify photo.jpg cat dog horse", "glimpse classify photo.jpg --labels imagenet.txt --limit 5"],
  run: (call, host) =>
    withTexts(call, host, async (git, trunk, labels) => {
      const scores = await git.classify(trunk, labels, scoreOptions(call.options, host));
      const shown = scores.slice(0, call.options.limit);
      print(shown, shown.map(labelLine), call.options, host);
    }),
};

/** Given texts by likelihood. */
export const rank: Command = {
  name: "rank",
  operands: "<picture|clip> [text…]",
  arity: [1, Number.POSITIVE_INFINITY],
  about: "order given texts by how well they fit a picture",
  details:
    "Prints the texts, the likeliest per token first, each with its perplexity (1 is certainty) and the sum of its " +
    "log-probabilities in nats, [SEP] included.",
  options: [...shared, "limit", ...clipOptions],
  examples: ['glimpse rank photo.jpg "a cat on a sofa" "a dog in the snow"'],
  run: (call, host) =>
    withTexts(call, host, async (git, trunk, texts) => {
      const scores = await git.rank(trunk, texts, scoreOptions(call.options, host));
      const shown = scores.slice(0, call.options.limit);
      print(shown, shown.map(scoreLine), call.options, host);
    }),
};

/** Given texts with their likelihoods, in the order given. */
export const score: Command = {
  name: "score",
  operands: "<picture|clip> [text…]",
  arity: [1, Number.POSITIVE_INFINITY],
  about: "say how likely given texts are for a picture",
  details:
    "As glimpse rank, but in the order in which the texts were given. With --json there is the log-probability of every " +
    "token as well.",
  options: [...shared, ...clipOptions],
  examples: ['glimpse score photo.jpg "a cat on a sofa" --json'],
  run: (call, host) =>
    withTexts(call, host, async (git, trunk, texts) => {
      const scores = await git.score(trunk, texts, scoreOptions(call.options, host));
      print(scores, scores.map(scoreLine), call.options, host);
    }),
};

/** Encodes the first operand and calls `use` with the texts: the other operands, then the lines of --labels. */
async function withTexts(
  { operands, options }: Call,
  host: CliHost,
  use: (git: Git, trunk: Trunk, texts: readonly string[]) => Promise<void>,
): Promise<number> {
  const [file = "", ...given] = operands;
  const texts = [...given, ...(options.labels === undefined ? [] : await linesOf(options.labels, host))];
  if (texts.length === 0) {
    const advice = "Name them after the picture, or pass --labels FILE with one a line.";
    throw new UsageError({ subject: "the texts", problem: "there are none", advice });
  }
  const isClipFile = await isClip(file, options, host);
  const { git } = await openSession(options, [file], host, isClipFile);
  await using _ = git;
  const { subject } = await openOperand(file, isClipFile, options, host);
  using trunk = await git.encode(subject, { signal: host.signal });
  await use(git, trunk, texts);
  return 0;
}

async function linesOf(file: string, { files }: CliHost): Promise<readonly string[]> {
  const text = new TextDecoder().decode(await files.read(file));
  return text.split(/\r?\n/).filter((label) => label.trim() !== "");
}

function scoreOptions({ question }: Options, { signal }: CliHost) {
  return { question, signal };
}

function labelLine({ label, normalized, logProb }: LabelScore): readonly [string, string, string] {
  return [`${(100 * normalized).toFixed(1)} %`, label, `log-probability ${logProb.toFixed(2)}`];
}

function scoreLine({ text, perplexity, logProb, tokens }: TextScore): readonly [string, string, string] {
  const details = `log-probability ${logProb.toFixed(2)}, ${plural(tokens.length, "token")}`;
  return [perplexity < 1e4 ? perplexity.toFixed(2) : perplexity.toExponential(1), text, details];
}

function print(
  documents: readonly object[],
  rows: readonly (readonly [number: string, text: string, details: string])[],
  { json }: Options,
  { stdout, env }: CliHost,
): void {
  if (json) {
    line(stdout, jsonLines(documents));
    return;
  }
  const dim = dimmer(stdout, env);
  const width = Math.max(...rows.map(([number]) => number.length));
  for (const [number, text, details] of rows) {
    line(stdout, `${number.padStart(width)}  ${printable(text)}  ${dim(details)}`);
  }
}
