// `npm run scenes`: scenes as a data set on disk, for `glimpse eval` and for people to look at.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { drawScene } from "./draw.ts";
import { sceneOf } from "./scene.ts";
import { loadSprites } from "./sprites.ts";

const usage = `Usage: npm run scenes -- FOLDER [options]

  --count N   how many; default 2000
  --seed N    another seed gives other scenes; default 1

Writes FOLDER/00000.png … and FOLDER/scenes.jsonl, for: glimpse eval FOLDER/scenes.jsonl`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
const [folder] = positionals;
const [count, seed] = [Number(values.count), Number(values.seed)];
if (values.help || folder === undefined || !Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.log(usage);
  process.exitCode = values.help ? 0 : 2;
} else await write(folder, count, seed);

async function write(to: string, scenes: number, from: number): Promise<void> {
  await mkdir(to, { recursive: true });
  const sprites = await loadSprites();
  const lines: string[] = [];
  for (let i = 0; i < scenes; i++) {
    const scene = sceneOf(from, i);
    const { width, height, data } = await drawScene(scene, sprites, i);
    const file = `${String(i).padStart(5, "0")}.png`;
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(path.join(to, file));
    const { question, answer } = scene.questions[i % scene.questions.length] ?? { question: undefined, answer: "" };
    lines.push(JSON.stringify({ file, references: [scene.caption], question, answers: [answer] }));
  }
  await writeFile(path.join(to, "scenes.jsonl"), `${lines.join("\n")}\n`);
  console.log(`${scenes} scenes in ${to}`);
}
