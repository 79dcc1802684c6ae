// forward(): one call through the graph that computes every row, with the reference's arguments and results.
import type { DeviceTensor, Feeds } from "@glimpsejs/backend";
import { float32, type HostTensor, int32 } from "@glimpsejs/graph";
import { remainingHeads } from "@glimpsejs/model";
import type { Engine } from "../engine.ts";
import { readFloats } from "../logits.ts";
import { TokenTree } from "../token-tree.ts";
import type { NewToken } from "../tree-layout.ts";
import { Trunk } from "../trunk.ts";
import { joinAttentions } from "./attentions.ts";
import { checkForward, type ForwardInputs, type TextShape } from "./inputs.ts";
import { crossEntropy } from "./loss.ts";
import { PastKeyValues } from "./past-key-values.ts";

/** What forward() returns. I image tokens (0 in a call that continues pastKeyValues), T text tokens. */
export interface ForwardOutput {
  /** float32 [B, I + T, D]: hidden states after the last layer. */
  readonly lastHiddenState: HostTensor<"float32">;
  /** float32 [B, I + T, V]; GitForCausalLM only. */
  readonly logits?: HostTensor<"float32">;
  /** With labels: mean cross entropy in nats. */
  readonly loss?: number;
  /** With outputHiddenStates: L + 1 tensors float32 [B, I + T, D], the embeddings first. */
  readonly hiddenStates?: readonly HostTensor<"float32">[];
  /** With outputAttentions: L tensors float32 [B, H, I + T, I + past + T]. */
  readonly attentions?: readonly HostTensor<"float32">[];
  /** With useCache: the state to continue from; dispose it. */
  readonly pastKeyValues?: PastKeyValues;
}

/** Runs forward() on `engine`. Throws "invalid-argument" listing everything that is wrong with `inputs`. */
export async function forward(engine: Engine, inputs: ForwardInputs): Promise<ForwardOutput> {
  const { config } = engine;
  const text = checkForward(inputs, engine);
  const { outputAttentions = config.outputAttentions, outputHiddenStates = config.outputHiddenStates } = inputs;
  const shared = inputs.pastKeyValues?.tree ?? {
    tree: new TokenTree(engine, await trunkOf(engine, inputs, text)),
    views: 0,
  };
  // A view of our own keeps the tree alive during the call, and frees it afterwards if nobody else wants it.
  const guard = new PastKeyValues(shared, []);
  let outputs: Readonly<Record<string, DeviceTensor>> = {};
  try {
    const past = inputs.pastKeyValues?.paths ?? Array.from({ length: text.batch }, () => []);
    const tokens = newTokens(inputs, text, past);
    const layers = Array.from({ length: config.numHiddenLayers }, (_, i) => i);
    const hidden = outputHiddenStates ? [...layers, config.numHiddenLayers].map((i) => `hiddenStates.${i}`) : [];
    const attention = outputAttentions ? layers.flatMap((i) => [`attentions.${i}.image`, `attentions.${i}.text`]) : [];
    const head = engine.part === "causalLM" ? ["logits"] : [];
    const imageRows = inputs.pastKeyValues === undefined ? shared.tree.trunk.imageTokens : 0;
    const run = await shared.tree.forward(tokens, textFeeds(engine, inputs, text), [
      "lastHiddenState",
      ...head,
      ...hidden,
      ...attention,
    ]);
    outputs = run.outputs;
    const take = (name: string) => readFloats(run.outputs[name] as DeviceTensor);

    const paths = past.map((path, b) => [...path, ...run.nodes.slice(b * text.length, (b + 1) * text.length)]);
    const logits = head.length > 0 ? await take("logits") : undefined;
    const layout = { imageRows, imageKeys: shared.tree.trunk.imageTokens, paths, newTokens: text.length };
    return {
      lastHiddenState: await take("lastHiddenState"),
      ...(logits && { logits }),
      ...(logits && inputs.labels && { loss: crossEntropy(logits, inputs.labels) }),
      ...(outputHiddenStates && { hiddenStates: await inOrder(hidden, take) }),
      ...(outputAttentions && {
        attentions: await inOrder(layers, async (i) =>
          joinAttentions(await take(`attentions.${i}.image`), await take(`attentions.${i}.text`), layout),
        ),
      }),
      ...(inputs.useCache && { pastKeyValues: new PastKeyValues(shared, paths) }),
    };
  } finally {
    // Those that were read are freed already; the others are left over from a failed read.
    for (const tensor of Object.values(outputs)) tensor.dispose();
    guard.dispose();
  }
}

/** The pictures of the call, each text row with its own copy of the features of its picture. */
async function trunkOf(engine: Engine, inputs: ForwardInputs, { batch }: TextShape): Promise<Trunk> {
  const { pixelValues } = inputs;
  if (pixelValues === undefined) return Trunk.empty(engine, batch);
  const trunk = await Trunk.encode(engine, pixelValues, inputs);
  return trunk.batch === batch ? trunk : trunk.repeated(batch / trunk.batch);
}

/** The tokens of the call as chains on the rows of the batch, one after the other. */
function newTokens(
  inputs: ForwardInputs,
  { batch, length }: TextShape,
  past: PastKeyValues["paths"],
): readonly NewToken[] {
  const tokens: NewToken[] = [];
  for (let picture = 0; picture < batch; picture++) {
    let parent: NewToken["parent"] = past[picture]?.at(-1);
    for (let t = 0; t < length; t++) {
      const attended = inputs.attentionMask?.[picture]?.at(t - length) !== 0;
      const token: NewToken = { picture, parent, attended, position: inputs.positionIds?.[picture]?.[t] };
      tokens.push(token);
      parent = token;
    }
  }
  return tokens;
}

/** The inputs of the forward graph that a tree does not know: ids or embeddings, and the masks of the heads there are. */
function textFeeds({ config }: Engine, inputs: ForwardInputs, { batch, length }: TextShape): Feeds {
  const { numHiddenLayers: layers, numAttentionHeads: heads } = config;
  const feeds: Record<string, HostTensor> = {
    inputIds: inputs.inputIds === undefined ? int32([], [batch, 0]) : int32(inputs.inputIds.flat(), [batch, length]),
    inputsEmbeds: inputs.inputsEmbeds ?? float32([], [batch, 0, config.hiddenSize]),
  };
  const mask = inputs.headMask;
  for (let layer = 0; layer < layers; layer++) {
    const start = mask?.shape.length === 2 ? layer * heads : 0;
    const kept = remainingHeads(config, layer).map((head) => mask?.data[start + head] ?? 1);
    feeds[`headMask.${layer}`] = float32(kept, [kept.length]);
  }
  return feeds;
}

async function inOrder<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await read(item));
  return results;
}
