// `npm run accuracy`: what each dtype costs, measured and written down; see the usage text.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { WeightDType } from "@glimpsejs/core";
import { demoCheckpoints } from "@glimpsejs/demo-model";
import { joinQuantized, matchWeights } from "@glimpsejs/model";
import { drawScene, loadSprites } from "@glimpsejs/scenes";
import { openWeights } from "@glimpsejs/weights";
import { openFolder } from "@glimpsejs/weights/node";
import { AutoConfig, type BackendPlugin, GitForCausalLM, load, ortNode, reference } from "glimpsejs";
import { agreement } from "./agreement.ts";
import { type Given, type LogitError, logitError, logitsOf } from "./logits.ts";
import { addToReport, type Report, readReport, writeTables } from "./report.ts";
import { type Said, say, sceneWithQuestion } from "./scenes.ts";
import { type GroupCost, sensitivity } from "./sensitivity.ts";

const usage = `Usage: npm run accuracy -- WHAT [options]

  scenes        captions and answers of the demo checkpoint on drawn scenes, each dtype against fp32
  logits        logits of the demo checkpoint, or of --folder, each dtype against fp32
  sensitivity   logits of the demo checkpoint with one group of layers quantized at a time
  tables        writes the tables of --report into --page

  --dtypes LIST     default fp16,int8,int4
  --backend NAME    ort-node or reference; default ort-node
  --scenes N        default 2000, for logits 200, for sensitivity 100
  --seed N          default 1
  --folder DIR      a checkpoint of any size, for logits: its name stands in the report
  --report FILE     default docs/data/accuracy.json
  --page FILE       default docs/quantization.md`;

const backends: Readonly<Record<string, () => BackendPlugin>> = {
  "ort-node": () => ortNode({ threads: 2 }),
  reference,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dtypes: { type: "string", default: "fp16,int8,int4" },
    backend: { type: "string", default: "ort-node" },
    scenes: { type: "string" },
    seed: { type: "string", default: "1" },
    folder: { type: "string" },
    report: { type: "string", default: "docs/data/accuracy.json" },
    page: { type: "string", default: "docs/quantization.md" },
    help: { type: "boolean", default: false },
  },
});
const plugin = backends[values.backend];
const dtypes = values.dtypes.split(",") as readonly WeightDType[]; // load() says what is wrong with others
const seed = Number(values.seed);
const count = (standard: number) => Number(values.scenes ?? standard);
const commands: Readonly<Record<string, () => Promise<Partial<Report> | undefined>>> = {
  scenes: measureScenes,
  logits: measureLogits,
  sensitivity: measureSensitivity,
  async tables() {
    await writeTables(await readReport(values.report), values.page);
    return undefined;
  },
};
const command = commands[positionals[0] ?? ""];
if (values.help || plugin === undefined || command === undefined) {
  console.log(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  const measured = await command();
  if (measured !== undefined) await addToReport(values.report, measured);
}

async function measureScenes(): Promise<Partial<Report>> {
  const sprites = await loadSprites();
  const scenes: Record<string, ReturnType<typeof agreement>> = {};
  let exact: readonly Said[] | undefined;
  for (const dtype of ["fp32", ...dtypes] as const) {
    await using git = await load(undefined, { backend: plugin?.(), dtype });
    const said = await say(git, sprites, seed, count(2000));
    exact ??= said;
    scenes[`${values.backend} ${dtype}`] = agreement(exact, said);
    console.log(dtype, JSON.stringify(scenes[`${values.backend} ${dtype}`]));
  }
  return { scenes };
}

async function measureLogits(): Promise<Partial<Report>> {
  const { folder } = values;
  const name = folder?.replace(/[/\\]+$/, "").replace(/.*[/\\]/, "") ?? "demo";
  const texts = folder === undefined ? await sceneTexts(count(200)) : await syntheticTexts(folder, count(4));
  const logits: Record<string, LogitError> = {};
  let exact: readonly Float32Array[] | undefined;
  for (const dtype of ["fp32", ...dtypes] as const) {
    await using model = await GitForCausalLM.fromPretrained(folder, { backend: plugin?.(), dtype });
    const rows = await logitsOf(model, texts);
    exact ??= rows;
    if (dtype === "fp32") continue;
    logits[`${name} ${values.backend} ${dtype}`] = logitError(exact, rows);
    console.log(dtype, JSON.stringify(logits[`${name} ${values.backend} ${dtype}`]));
  }
  return { logits };
}

async function measureSensitivity(): Promise<Partial<Report>> {
  const files = await openFolder(fileURLToPath(demoCheckpoints.captions));
  const config = await AutoConfig.fromPretrained();
  const weights = matchWeights(joinQuantized(await openWeights(files), false), config, "causalLM");
  const backend = await (plugin ?? reference)().open();
  const costs: GroupCost[] = [];
  await sensitivity({ config, weights, backend }, await sceneTexts(count(100)), (cost) => {
    costs.push(cost);
    console.log(cost.group, cost.bits, cost.error.divergence.toExponential(2), cost.error.sameBest);
  });
  await backend.dispose();
  await weights.dispose?.();
  return { sensitivity: costs };
}

/** Scenes with their true captions, as pixel values and tokens. */
async function sceneTexts(scenes: number): Promise<readonly Given[]> {
  const sprites = await loadSprites();
  await using git = await load(undefined, { backend: plugin?.() });
  const { processor } = git;
  const texts: Given[] = [];
  for (let i = 0; i < scenes; i++) {
    const { scene } = sceneWithQuestion(seed, i);
    const { pixelValues } = await processor.process({ images: [await drawScene(scene, sprites, i)] });
    const { inputIds } = processor.tokenizer.encode(scene.caption, { addSpecialTokens: false });
    if (pixelValues === undefined) throw new TypeError("a picture has pixel values.");
    texts.push({ pixelValues, tokens: [processor.tokenizer.clsTokenId, ...inputIds] });
  }
  return texts;
}

/** Noise as pictures, and the twelve tokens that float32 chooses after [CLS]: for checkpoints that know no scenes. */
async function syntheticTexts(folder: string, pictures: number): Promise<readonly Given[]> {
  await using model = await GitForCausalLM.fromPretrained(folder, { backend: plugin?.() });
  const { imageSize, numChannels } = model.config.visionConfig;
  const shape = [1, numChannels, imageSize, imageSize] as const;
  const texts: Given[] = [];
  for (let i = 0; i < pictures; i++) {
    const data = Float32Array.from(
      { length: numChannels * imageSize ** 2 },
      (_, j) => 2 * Math.sin((i + 1) * 12.9898 * j),
    );
    const pixelValues = { dtype: "float32", shape, data } as const;
    const { sequences } = await model.generate({ pixelValues, maxNewTokens: 12, eosTokenId: null });
    texts.push({ pixelValues, tokens: sequences[0] ?? [] });
  }
  return texts;
}
