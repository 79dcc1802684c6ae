// whole: a tiny random GIT, two pictures to features to logits to tokens, with what transformers computed for the same
// weights; goldens/make_goldens.py made it. The decoding loop is as plain as it can be; real ones live in core.
import type { DeviceTensor, Feeds } from "@glimpsejs/backend";
import { GitConfig } from "@glimpsejs/config";
import { float32, type HostTensor, int32 } from "@glimpsejs/graph";
import { decoderGraph, positionTable, visionGraph } from "@glimpsejs/model";
import { expectClose } from "../expect-close.ts";
import golden from "../goldens/git.json" with { type: "json" };
import { weightSource } from "../problem.ts";
import type { ConformanceTest, Context } from "../suite.ts";
import { exact } from "../tolerances.ts";

/** The tests of whole models. */
export const wholeTests: readonly ConformanceTest[] = [
  { name: "a tiny GIT gives the features, logits and tokens of transformers", run: greedy },
];

async function greedy({ backend, tolerances }: Context): Promise<void> {
  const config = GitConfig.fromJson(golden.config);
  const { hiddenSize: visionWidth } = config.visionConfig;
  const pictures = golden.tokens.length;
  const weights = Object.fromEntries(Object.entries(golden.weights).map(([name, weight]) => [name, scaled(weight)]));
  const graphs = { vision: visionGraph(config), decoder: decoderGraph(config) };
  const program = await backend.compile(graphs, weightSource(weights));

  const pixels = scaled(golden.pixels);
  const { features } = await program.run(
    "vision",
    {
      pixelValues: float32(pixels.data, pixels.shape.toSpliced(1, 0, 1)), // a clip of one frame
      positions: weights[positionTable] ?? pixels,
      temporal: float32(new Float32Array(visionWidth), [1, 1, visionWidth]),
    },
    ["features"],
  );
  expectClose(await features.read(), recorded(golden.features), tolerances.float32, "features");

  const layers = Array.from({ length: config.numHiddenLayers }, (_, i) => [`${i}.key`, `${i}.value`]).flat();
  const named = (prefix: string, value: (layer: string) => DeviceTensor | HostTensor): Feeds =>
    Object.fromEntries(layers.map((layer) => [`${prefix}.${layer}`, value(layer)]));
  const noKeys = float32([], [pictures, config.numAttentionHeads, 0, config.hiddenSize / config.numAttentionHeads]);
  let trunk = named("trunk", () => noKeys);
  let past = named("past", () => noKeys);
  let imageFeatures: DeviceTensor | HostTensor = features;
  for (const [step, expected] of golden.logits.entries()) {
    const outputs: Readonly<Record<string, DeviceTensor>> = await program.run("decoder", {
      ...{ imageFeatures, ...trunk, ...past },
      inputIds: int32(
        golden.tokens.map((row) => row[step] ?? 0),
        [pictures, 1],
      ),
      positionIds: int32(new Int32Array(pictures).fill(step), [pictures, 1]),
      mask: float32(new Float32Array(pictures * (step + 1)), [pictures, 1, step + 1]),
      wanted: int32([...golden.tokens.keys()], [pictures]),
      chosen: int32([...golden.tokens.keys()], [pictures, 1]),
      masked: int32([], [pictures, 1, 0]),
      given: int32(
        golden.tokens.map((row, i) => i * config.vocabSize + (row[step + 1] ?? 0)),
        [pictures],
      ),
      candidates: int32([0], [1]),
    });
    const output = (name: string) => outputs[name] ?? fail(`there is no output "${name}".`);
    const logits = await output("logits").read();
    expectClose(logits, recorded(expected), tolerances.float32, `logits of step ${step}`);
    const tokens = golden.tokens.map((_, row) => bestToken(logits, row));
    const expectedTokens = golden.tokens.map((row) => row[step + 1]);
    if (tokens.join() !== expectedTokens.join()) {
      fail(`step ${step}: expected the tokens ${expectedTokens.join()}, got ${tokens.join()}.`);
    }
    const nextIds = await output("nextIds").read();
    expectClose(nextIds, int32(tokens, [pictures, 1]), exact, `chosen tokens of step ${step}`);
    expectClose(await output("candidateLogits").read(), await output("givenLogits").read(), exact, "their logits");
    past = named("past", (layer) => output(`present.${layer}`));
    if (step > 0) continue;
    // The picture has been read: from now on it is the trunk.
    trunk = named("trunk", (layer) => output(`image.${layer}`));
    imageFeatures = float32([], [pictures, 0, visionWidth]);
  }
  await program.dispose();
}

function bestToken({ shape, data }: HostTensor, row: number): number {
  const vocabSize = shape[1] ?? 0;
  const scores = Array.from(data, Number).slice(row * vocabSize, (row + 1) * vocabSize);
  return scores.indexOf(Math.max(...scores));
}

interface Recorded {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

function recorded({ shape, data }: Recorded): HostTensor<"float32"> {
  return float32(data, shape);
}

/** Weights and pixels are recorded as whole numbers of a unit. */
function scaled({ shape, data }: Recorded): HostTensor<"float32"> {
  return float32(
    data.map((n) => n * golden.unit),
    shape,
  );
}

function fail(message: string): never {
  throw new Error(message);
}
