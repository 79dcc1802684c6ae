// Cases of forward(): every expected tensor against GitForCausalLM, GitModel and GitVisionModel.
import { GlimpseError, show } from "@glimpsejs/base";
import type { ForwardInputs, Rows } from "@glimpsejs/core";
import { float32, type HostTensor } from "@glimpsejs/graph";
import type { ForwardCase, MaskCase } from "./case.ts";
import { type Check, compareTensors, sameNaN } from "./compare.ts";
import { input, loading, type VerifyContext } from "./context.ts";

type Computed = Map<string, HostTensor<"float32">>;

/** Runs a forward or legacy case. */
export async function verifyForward(c: ForwardCase, context: VerifyContext): Promise<Check[]> {
  const got: Computed = new Map();
  const wanted = (prefix: string) => [...c.expected.keys()].some((name) => name.startsWith(prefix));
  const inputs = callInputs(c);
  await causalOutputs(c, inputs, context, wanted, got);
  if (wanted("last_hidden_state")) {
    await using model = await context.glimpse.GitModel.fromPretrained(c.folder, loading(context));
    const { labels: _, ...headless } = inputs;
    got.set("last_hidden_state", (await model.forward(headless)).lastHiddenState);
  }
  if (wanted("vision.")) await visionOutputs(c, inputs, context, wanted, got);
  return [...c.expected].map(([name, tensor]) => {
    // The oracle divides by the number of labels, and so has NaN where forward() has no loss.
    if (name === "loss" && got.get(name) === undefined && tensor.data.every(Number.isNaN)) return sameNaN(name);
    return compareTensors(name, tensor, got.get(name), context.tolerance);
  });
}

/** Runs a mask case. Logits of padded text positions are not compared. */
export async function verifyMasks(c: MaskCase, context: VerifyContext): Promise<Check[]> {
  await using model = await context.glimpse.GitForCausalLM.fromPretrained(c.folder, loading(context));
  const { inputIds, attentionMask, positionIds } = c;
  const { signal } = context;
  const pixelValues = input(c.inputs, "pixel_values");
  const calls: Readonly<Record<string, ForwardInputs>> = {
    "masked.logits": { inputIds, pixelValues, attentionMask, signal },
    "position_ids.logits": { inputIds, pixelValues, positionIds, signal },
    "inputs_embeds.logits": { inputsEmbeds: input(c.inputs, "inputs_embeds"), pixelValues, signal },
  };
  const checks: Check[] = [];
  for (const [name, expected] of c.expected) {
    const call = calls[name];
    const logits = call && (await model.forward(call)).logits;
    const rows = expected.shape[1] ?? 0;
    const isPadding = ([b = 0, row = 0]: readonly number[]) => {
      const mask = attentionMask[b] ?? [];
      return name === "masked.logits" && mask[row - rows + mask.length] === 0;
    };
    checks.push(compareTensors(name, expected, logits, context.tolerance, isPadding));
  }
  return checks;
}

type CallInputs = ForwardInputs & { readonly pixelValues: HostTensor<"float32"> };

/** The arguments of the case's call. Throws "unsupported" for one that forward() does not have. */
function callInputs({ inputIds, labels, args, inputs }: ForwardCase): CallInputs {
  const { interpolate_pos_encoding: interpolatePosEncoding, head_mask: headMask, ...others } = args;
  const unknown = Object.keys(others).map((name) => ({
    subject: `case.json args.${name}`,
    problem: "forward() has no such argument",
  }));
  if (unknown.length > 0) throw new GlimpseError(unknown, { code: "unsupported" });
  if (headMask !== undefined && headMask !== "inputs") {
    const got = show(headMask);
    const problem = { subject: "case.json args.head_mask", problem: "the value is wrong", expected: '"inputs"', got };
    throw new GlimpseError(problem, { code: "invalid-json" });
  }
  return {
    inputIds,
    labels: labels?.some(hasTarget) ? labels : undefined,
    pixelValues: input(inputs, "pixel_values"),
    interpolatePosEncoding: interpolatePosEncoding === true,
    ...(headMask !== undefined && { headMask: input(inputs, "head_mask") }),
  };
}

/** Whether a row of labels has something to predict: any label but the first, which nothing stands before. */
function hasTarget(labels: Rows[number]): boolean {
  return labels.some((label, i) => i > 0 && label !== -100);
}

async function causalOutputs(
  c: ForwardCase,
  inputs: CallInputs,
  context: VerifyContext,
  wanted: (prefix: string) => boolean,
  got: Computed,
): Promise<void> {
  await using model = await context.glimpse.GitForCausalLM.fromPretrained(c.folder, loading(context));
  const { signal } = context;
  const output = await model.forward({
    ...inputs,
    outputHiddenStates: wanted("hidden_states."),
    outputAttentions: wanted("attentions."),
    signal,
  });
  if (output.logits !== undefined) got.set("logits", output.logits);
  if (output.loss !== undefined) got.set("loss", float32([output.loss], [1]));
  collect(got, "hidden_states", output.hiddenStates);
  collect(got, "attentions", output.attentions);
  if (!wanted("text_only.logits")) return;
  const { logits } = await model.forward({ inputIds: inputs.inputIds, signal });
  if (logits !== undefined) got.set("text_only.logits", logits);
}

/** The image encoder's outputs; the frames of clips are a batch to it. */
async function visionOutputs(
  c: ForwardCase,
  { pixelValues, interpolatePosEncoding }: CallInputs,
  context: VerifyContext,
  wanted: (prefix: string) => boolean,
  got: Computed,
): Promise<void> {
  await using model = await context.glimpse.GitVisionModel.fromPretrained(c.folder, loading(context));
  const output = await model.forward({
    pixelValues: float32(pixelValues.data, [
      pixelValues.shape.slice(0, -3).reduce((product, n) => product * n, 1),
      ...pixelValues.shape.slice(-3),
    ]),
    interpolatePosEncoding,
    outputHiddenStates: wanted("vision.hidden_states."),
    outputAttentions: wanted("vision.attentions."),
    signal: context.signal,
  });
  got.set("vision.last_hidden_state", output.lastHiddenState);
  collect(got, "vision.hidden_states", output.hiddenStates);
  collect(got, "vision.attentions", output.attentions);
}

function collect(got: Computed, name: string, tensors: readonly HostTensor<"float32">[] | undefined): void {
  for (const [i, tensor] of (tensors ?? []).entries()) got.set(`${name}.${i}`, tensor);
}
