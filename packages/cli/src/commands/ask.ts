// `glimpse ask`: answers questions about one picture or clip, which is encoded once for all of them.
import { framesJson, framesText, isClip, openOperand } from "../clips.ts";
import { generationOptions } from "../generation-options.ts";
import type { CliHost } from "../host.ts";
import type { Call, Command } from "../options.ts";
import { encodeOptions, openSession, taskOptions } from "../session.ts";
import { dimmer, duration, jsonLines, line, printable, scoreText, tenths } from "../text.ts";

/** Answers questions about a picture or clip. */
export const ask: Command = {
  name: "ask",
  operands: "<picture|clip> <question…>",
  arity: [2, Number.POSITIVE_INFINITY],
  about: "answer questions about a picture or clip",
  details:
    "Put each question in quotes. The picture or clip is encoded once, however many questions there are. Questions need a " +
    "checkpoint trained on them, such as the demo model or microsoft/git-base-vqav2.",
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
    'glimpse ask photo.jpg "what is on the left?" "how many cats are there?"',
    'glimpse ask clip.mp4 "what is the cat doing?"',
    'glimpse ask photo.jpg "what is this?" --model microsoft/git-base-vqav2',
  ],
  run,
};

async function run({ operands, options }: Call, host: CliHost): Promise<number> {
  const [file = "", ...questions] = operands;
  const isClipFile = await isClip(file, options, host);
  const { git, loadMs } = await openSession(options, [file], host, isClipFile);
  await using _ = git;
  const { stdout } = host;
  const start = host.now();
  const { subject, clip } = await openOperand(file, isClipFile, options, host);
  using trunk = await git.encode(subject, encodeOptions(options, host, true));
  const encoded = host.now();
  const answers = await git.answer(trunk, questions, taskOptions(options, host));
  const [encodeMs, generateMs] = [encoded - start, host.now() - encoded];
  if (options.json) {
    const timings = { load: tenths(loadMs), encode: tenths(encodeMs), generate: tenths(generateMs) };
    const documents = answers.map((answer, i) => ({
      file,
      ...(clip && { clip: framesJson(clip) }),
      question: questions[i],
      ...answer,
      timings,
    }));
    line(stdout, jsonLines(documents));
    return 0;
  }
  const dim = dimmer(stdout, host.env);
  for (const [i, { text, score }] of answers.entries()) {
    line(stdout, printable(questions[i] ?? ""));
    line(stdout, `  ${printable(text)}  ${dim(scoreText(score))}`);
  }
  const seen = clip === undefined ? "" : `${framesText(clip)}, `;
  line(stdout, dim(`${seen}encoded in ${duration(encodeMs)}, answered in ${duration(generateMs)}`));
  return 0;
}
