// `glimpse explain`: describes a picture or clip, and draws for each word where the model looked when it wrote it.
import { type Git, heatMapPng } from "@glimpsejs/core";
import { isClip as isClipFrames, type Picture } from "@glimpsejs/processor";
import { framesJson, framesText, isClip, type OpenedOperand, openOperand } from "../clips.ts";
import { generationOptions } from "../generation-options.ts";
import type { CliHost } from "../host.ts";
import { baseName } from "../operands.ts";
import type { Call, Command, Options } from "../options.ts";
import { openSession, taskOptions } from "../session.ts";
import { dimmer, line, printable, scoreText } from "../text.ts";

/** Describes a picture or clip and draws where the model looked. */
export const explain: Command = {
  name: "explain",
  operands: "<picture|clip>",
  arity: [1, 1],
  about: "draw where the model looked for each word",
  details:
    "Prints the description of a picture or clip, and writes a PNG for each word, of a clip for each word and frame: the " +
    "picture as the model saw it, bright where the word's tokens attended most (the mean of all layers and heads). " +
    "Attention is a hint, not a proof, of what a word was based on. With --json the heat maps are printed as numbers, " +
    "frame by frame and row by row of patches, and nothing is drawn unless --folder says where.",
  options: [
    "model",
    "backend",
    "dtype",
    "threads",
    "question",
    ...generationOptions,
    "frames",
    "sampling",
    "contact-sheet",
    "folder",
    "json",
  ],
  examples: [
    "glimpse explain photo.jpg --folder maps",
    'glimpse explain photo.jpg --question "what is on the left?" --json',
    "glimpse explain clip.mp4 --folder maps",
  ],
  run,
};

async function run({ operands: [file = ""], options }: Call, host: CliHost): Promise<number> {
  const isClipFile = await isClip(file, options, host);
  const { git } = await openSession(options, [file], host, isClipFile);
  await using _ = git;
  const { stdout } = host;
  const { question, json, folder } = options;
  const opened = await openOperand(file, isClipFile, options, host);
  const { clip } = opened;
  const result = await git.explain(opened.subject, { ...taskOptions(options, host), question });
  /** Files of each word, one a frame. */
  const drawn: (readonly string[])[] = [];
  if (!json || folder !== undefined) {
    const seen = await seenPictures(git, opened, options, host);
    await host.writer.makeFolder(folder ?? ".");
    for (const [i, { word, heatMap }] of result.words.entries()) {
      const names = seen.map((_, frame) => pathIn(folder, fileName(file, i, word, clip && frame)));
      for (const [frame, picture] of seen.entries()) {
        await host.writer.write(names[frame] ?? "", await heatMapPng(picture, heatMap, frame));
      }
      drawn.push(names);
    }
  }
  if (json) {
    const words = result.words.map(({ heatMap, ...word }, i) => ({
      ...word,
      ...(drawn[i] !== undefined && (clip === undefined ? { png: drawn[i][0] } : { pngs: drawn[i] })),
      heatMap: { ...heatMap, data: Array.from(heatMap.data) },
    }));
    line(stdout, JSON.stringify({ file, ...(clip && { clip: framesJson(clip) }), question, ...result, words }));
    return 0;
  }
  const dim = dimmer(stdout, host.env);
  const seen = clip === undefined ? "" : `, ${framesText(clip)}`;
  line(stdout, `${printable(result.text)}  ${dim(`${scoreText(result.score)}${seen}`)}`);
  const width = Math.max(0, ...result.words.map(({ word }) => word.length));
  for (const [i, { word, imageShare }] of result.words.entries()) {
    const share = `${Math.round(100 * imageShare)} % of its attention on the ${clip === undefined ? "picture" : "clip"}`;
    const [first = "", ...others] = drawn[i] ?? [];
    const names = others.length === 0 ? first : `${first} … ${others.at(-1)}`;
    line(stdout, `  ${printable(word.padEnd(width))}  ${names}  ${dim(share)}`);
  }
  return 0;
}

/** The picture, or each frame, as the model saw it; the preset "paper" crops nothing of a picture away for a question. */
async function seenPictures(
  git: Git,
  { subject }: OpenedOperand,
  { generation, question }: Options,
  { signal }: CliHost,
): Promise<readonly Picture[]> {
  const { processor } = git;
  const pictures: Picture[] = [];
  if (isClipFrames(subject)) for await (const frame of processor.frames(subject, signal)) pictures.push(frame);
  else pictures.push(...(await processor.pictures([subject], signal)));
  const isWhole = generation.preset === "paper" && question !== undefined && !isClipFrames(subject);
  return isWhole ? pictures : pictures.map((picture) => processor.imageProcessor.resized(picture));
}

/** "photo.03-sofa.png", "clip.03-sofa.2.png": of what, which word, which frame, and nothing that a file system does not like. */
function fileName(file: string, index: number, word: string, frame: number | undefined): string {
  const safe = word.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40);
  const ofFrame = frame === undefined ? "" : `.${frame + 1}`;
  return `${baseName(file)}.${String(index + 1).padStart(2, "0")}-${safe}${ofFrame}.png`;
}

function pathIn(folder: string | undefined, name: string): string {
  return folder === undefined ? name : `${folder.replace(/[/\\]$/, "")}/${name}`;
}
