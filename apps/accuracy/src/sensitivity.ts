// Which layers rounding hurts: one group of weights is quantized at a time, all others stay float32, and the logits of
// the same texts are compared. Below the classes of core, whose plans are whole models.
import type { Backend, Program } from "@glimpsejs/backend";
import type { GitConfig } from "@glimpsejs/config";
import {
  float32,
  type Graph,
  type HostTensor,
  int32,
  type QuantizedFormat,
  toFloat32,
  type WeightSource,
} from "@glimpsejs/graph";
import {
  forwardGraph,
  positionTable,
  type QuantizationPlan,
  quantizedWeights,
  quantizeGraph,
  visionGraph,
} from "@glimpsejs/model";
import { type Given, type LogitError, logitError } from "./logits.ts";

/** The cost of one group. */
export interface GroupCost {
  readonly group: string;
  readonly weights: number;
  readonly bits: 8 | 4;
  readonly error: LogitError;
}

/** The model whose layers are examined. */
export interface Examined {
  readonly config: GitConfig;
  readonly weights: WeightSource;
  readonly backend: Backend;
}

/** Groups of weights of linear layers by what they are called in the report. */
export function groupsOf(graphs: readonly Graph[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, Set<string>>();
  for (const graph of graphs) {
    for (const { op, inputs } of graph.nodes) {
      if (op !== "linear") continue;
      const group = groupOf(inputs.weight);
      groups.set(group, (groups.get(group) ?? new Set()).add(inputs.weight));
    }
  }
  return new Map([...groups].map(([group, names]) => [group, [...names]]));
}

function groupOf(weight: string): string {
  const [, layer, rest = ""] = /(?:layers|layer)\.(\d+)\.(.*)$/.exec(weight) ?? [];
  if (layer === undefined) return weight.startsWith("git.visual_projection") ? "projection" : "head";
  const model = weight.includes("image_encoder") ? "image encoder" : "decoder";
  const part = /attn|attention/.test(rest) ? "attention" : "feed-forward";
  return `${model}, layer ${layer}, ${part}`;
}

/** Measures every group with both widths; `onGroup` is told as results come. */
export async function sensitivity(
  examined: Examined,
  texts: readonly Given[],
  onGroup: (cost: GroupCost) => void,
): Promise<void> {
  const graphs = graphsOf(examined.config);
  const exact = await logitsWith(examined, new Map(), texts);
  for (const [group, names] of groupsOf(Object.values(graphs))) {
    for (const bits of [8, 4] as const) {
      const plan = new Map(names.map((name) => [name, formatOf(name, bits, examined.weights)]));
      const error = logitError(exact, await logitsWith(examined, plan, texts));
      onGroup({ group, weights: names.length, bits, error });
    }
  }
}

function formatOf(name: string, bits: 8 | 4, weights: WeightSource): QuantizedFormat {
  const k = weights.get(name)?.shape[1] ?? 0;
  const block = [32, 16].find((size) => k % size === 0);
  return bits === 8 || block === undefined ? { bits: 8, block: k } : { bits, block };
}

function graphsOf(config: GitConfig) {
  return { vision: visionGraph(config), forward: forwardGraph(config, { head: true }) };
}

/** The logits after each token of each text with the planned weights quantized. */
async function logitsWith(
  { config, weights, backend }: Examined,
  plan: QuantizationPlan,
  texts: readonly Given[],
): Promise<readonly Float32Array[]> {
  const { vision, forward } = graphsOf(config);
  const graphs = { vision: quantizeGraph(vision, plan), forward: quantizeGraph(forward, plan) };
  const program = await backend.compile(graphs, quantizedWeights(weights, plan));
  const table = weights.get(positionTable);
  if (table === undefined) throw new TypeError("the checkpoint has no positions.");
  const positions = float32(toFloat32(await table.bytes(), table.dtype, positionTable), table.shape);
  const rows: Float32Array[] = [];
  for (const text of texts) rows.push(...(await textLogits(program, config, positions, text)));
  await program.dispose();
  return rows;
}

async function textLogits(
  program: Program<"vision" | "forward">,
  config: GitConfig,
  positions: HostTensor<"float32">,
  { pixelValues, tokens }: Given,
): Promise<readonly Float32Array[]> {
  const [batch = 1, ...picture] = pixelValues.shape;
  const { features } = await program.run(
    "vision",
    {
      pixelValues: float32(pixelValues.data, [batch, 1, ...picture]),
      positions,
      temporal: float32(new Float32Array(config.visionConfig.hiddenSize), [1, 1, config.visionConfig.hiddenSize]),
    },
    ["features"],
  );
  const { hiddenSize, numAttentionHeads: heads, vocabSize } = config;
  const layers = Array.from({ length: config.numHiddenLayers }, (_, i) => i);
  const noKeys = float32([], [1, heads, 0, hiddenSize / heads]);
  const cache = layers.flatMap((i) => ["trunk", "past"].flatMap((kind) => [`${kind}.${i}.key`, `${kind}.${i}.value`]));
  const t = tokens.length;
  const mask = Float32Array.from({ length: t * t }, (_, i) => (i % t <= Math.floor(i / t) ? 0 : -1e30));
  const { logits } = await program.run(
    "forward",
    {
      imageFeatures: features,
      inputIds: int32(tokens, [1, t]),
      inputsEmbeds: float32([], [1, 0, hiddenSize]),
      positionIds: int32([...tokens.keys()], [1, t]),
      mask: float32(mask, [1, t, t]),
      ...Object.fromEntries(cache.map((name) => [name, noKeys])),
      ...Object.fromEntries(layers.map((i) => [`headMask.${i}`, float32(new Float32Array(heads).fill(1), [heads])])),
    },
    ["logits"],
  );
  const { data } = await logits.read();
  features.dispose();
  logits.dispose();
  if (!(data instanceof Float32Array)) throw new TypeError("logits are float32.");
  const all = data.length / vocabSize;
  return Array.from({ length: t }, (_, i) => data.slice((all - t + i) * vocabSize, (all - t + i + 1) * vocabSize));
}
