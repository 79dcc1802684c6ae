// `glimpse explain`: describes a picture, and draws for each word where the model looked when it wrote it.
import { type Git, heatMapPng } from "@glimpsejs/core";
import type { Picture } from "@glimpsejs/processor";
import { generationOptions } from "../generation-options.ts";
import type { CliHost } from "../host.ts";
import type { Call, Command, Options } from "../options.ts";
import { openSession, taskOptions } from "../session.ts";
import { dimmer, line, printable, scoreText } from "../text.ts";

/** Describes a picture and draws where the model looked. */
export const explain: Command = {
  name: "explain",
  operands: "<picture>",
  arity: [1, 1],
  about: "draw where the model looked for each word",
  details:
    "Prints the description of a picture, and writes a PNG for each word: the picture as the model saw it, bright where " +
    "the word's tokens attended most (the mean of all layers and heads). Attention is a hint, not a proof, of what a " +
    "word was based on. With --json the heat maps are printed as numbers, row by row of patches, and nothing is drawn " +
    "unless --folder says where.",
  options: ["model", "backend", "dtype", "threads", "question", ...generationOptions, "folder", "json"],
  examples: [
    "glimpse explain photo.jpg --folder maps",
    'glimpse explain photo.jpg --question "what is on the left?" --json',
  ],
  run,
};

async function run({ operands: [file = ""], options }: Call, host: CliHost): Promise<number> {
  const { git } = await openSession(options, [file], host);
  await using _ = git;
  const { stdout } = host;
  const { question, json, folder } = options;
  const result = await git.explain(file, { ...taskOptions(options, host), question });
  const names = result.words.map(({ word }, i) => fileName(file, i, word));
  const draws = !json || folder !== undefined;
  if (draws) {
    const seen = await seenPicture(git, file, options, host);
    await host.writer.makeFolder(folder ?? ".");
    for (const [i, { heatMap }] of result.words.entries()) {
      await host.writer.write(pathIn(folder, names[i] ?? ""), await heatMapPng(seen, heatMap));
    }
  }
  if (json) {
    const words = result.words.map(({ heatMap, ...word }, i) => ({
      ...word,
      ...(draws && { png: pathIn(folder, names[i] ?? "") }),
      heatMap: { ...heatMap, data: Array.from(heatMap.data) },
    }));
    line(stdout, JSON.stringify({ file, question, ...result, words }));
    return 0;
  }
  const dim = dimmer(stdout, host.env);
  line(stdout, `${printable(result.text)}  ${dim(scoreText(result.score))}`);
  const width = Math.max(0, ...result.words.map(({ word }) => word.length));
  for (const [i, { word, imageShare }] of result.words.entries()) {
    const share = `${Math.round(100 * imageShare)} % of its attention on the picture`;
    line(stdout, `  ${printable(word.padEnd(width))}  ${pathIn(folder, names[i] ?? "")}  ${dim(share)}`);
  }
  return 0;
}

/** The picture as the model saw it; the preset "paper" crops nothing away for a question. */
async function seenPicture(git: Git, file: string, { generation, question }: Options, host: CliHost): Promise<Picture> {
  const [picture] = await git.processor.pictures([file], host.signal);
  if (picture === undefined) throw new TypeError("explain: the picture was not read.");
  const isWhole = generation.preset === "paper" && question !== undefined;
  return isWhole ? picture : git.processor.imageProcessor.resized(picture);
}

/** "photo.03-sofa.png": which picture, which word, and nothing that a file system does not like. */
function fileName(file: string, index: number, word: string): string {
  const base = (/([^/\\]*?)(\.[^./\\]*)?$/.exec(file)?.[1] || "picture").replace(/[^\p{L}\p{N}_-]+/gu, "-");
  const safe = word.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40);
  return `${base}.${String(index + 1).padStart(2, "0")}-${safe}.png`;
}

function pathIn(folder: string | undefined, name: string): string {
  return folder === undefined ? name : `${folder.replace(/[/\\]$/, "")}/${name}`;
}
