// The arguments of forward(), checked: every problem of one call in one error, before anything runs.
import { show } from "@glimpsejs/base";
import type { HostTensor } from "@glimpsejs/graph";
import type { Engine } from "../engine.ts";
import { booleanProblems, throwProblems, unknownOptions } from "../options.ts";
import { type Rows, rowsProblems, shapeProblems } from "../rows.ts";
import { float32Problems } from "../tensor-problems.ts";
import { PastKeyValues } from "./past-key-values.ts";

/** Arguments of forward(), as in the documentation of GitForCausalLM in transformers. */
export interface ForwardInputs {
  /** Token ids [B, T]. Exactly one of inputIds and inputsEmbeds. */
  readonly inputIds?: Rows | undefined;
  /** Word embeddings float32 [B, T, D] instead of ids. */
  readonly inputsEmbeds?: HostTensor<"float32"> | undefined;
  /** 1 for tokens, 0 for padding, [B, T]; with pastKeyValues also [B, past + T]. Default: all ones. */
  readonly attentionMask?: Rows | undefined;
  /** Positions of the text tokens [B, T]. Default: counted from 0, or on from pastKeyValues. */
  readonly positionIds?: Rows | undefined;
  /** Pictures float32 [b, 3, H, W] or clips [b, F, 3, H, W], b dividing B; row i sees picture i mod b. */
  readonly pixelValues?: HostTensor<"float32"> | undefined;
  /** Multiplies the attention probabilities of each head of the text decoder: float32 [H] or [L, H]; pruned heads count. */
  readonly headMask?: HostTensor<"float32"> | undefined;
  /** Target ids [B, T], −100 for none; adds `loss` to the result. */
  readonly labels?: Rows | undefined;
  /** Continue from an earlier call's `pastKeyValues`; it stays valid and may be continued again. */
  readonly pastKeyValues?: PastKeyValues | undefined;
  /** Return pastKeyValues. Default: false, since the caller has to dispose them. */
  readonly useCache?: boolean | undefined;
  /** Return attention probabilities. Default: the configuration's output_attentions. */
  readonly outputAttentions?: boolean | undefined;
  /** Return hidden states. Default: the configuration's output_hidden_states. */
  readonly outputHiddenStates?: boolean | undefined;
  /** Accept pictures of other sizes than the model's. Default false. */
  readonly interpolatePosEncoding?: boolean | undefined;
  /** Takes the call out of the queue, or stops it; rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
}

/** The shape of the text of one forward() call. */
export interface TextShape {
  readonly batch: number;
  readonly length: number;
}

const names: readonly (keyof ForwardInputs)[] = [
  "inputIds",
  "inputsEmbeds",
  "attentionMask",
  "positionIds",
  "pixelValues",
  "headMask",
  "labels",
  "pastKeyValues",
  "useCache",
  "outputAttentions",
  "outputHiddenStates",
  "interpolatePosEncoding",
  "signal",
];

/** Checks the arguments of forward() on `engine` and returns the shape of the text. */
export function checkForward(inputs: ForwardInputs, engine: Engine): TextShape {
  const { config, part } = engine;
  const problems = unknownOptions(inputs, names);
  const report = (subject: string, problem: string, expected?: string, got?: unknown) =>
    problems.push({ subject, problem, expected, got: got === undefined ? undefined : String(got) });

  for (const name of ["inputsEmbeds", "pixelValues", "headMask"] as const) {
    if (inputs[name] !== undefined) problems.push(...float32Problems(name, inputs[name]));
  }
  problems.push(
    ...booleanProblems(inputs, ["useCache", "outputAttentions", "outputHiddenStates", "interpolatePosEncoding"]),
  );
  if (inputs.pastKeyValues !== undefined && !(inputs.pastKeyValues instanceof PastKeyValues))
    report(
      "pastKeyValues",
      "it is not what forward() returned",
      "pastKeyValues of an earlier call",
      show(inputs.pastKeyValues),
    );
  for (const name of ["inputIds", "attentionMask", "positionIds", "labels"] as const) {
    if (inputs[name] !== undefined) problems.push(...shapeProblems(name, inputs[name]));
  }
  throwProblems(problems); // what follows reads shapes and rows
  const { inputIds, inputsEmbeds, pixelValues, pastKeyValues } = inputs;
  if ((inputIds === undefined) === (inputsEmbeds === undefined))
    report("forward()", "one of inputIds and inputsEmbeds is needed, and not both");
  const shape = inputsEmbeds?.shape ?? [inputIds?.length ?? 0, inputIds?.[0]?.length ?? 0, config.hiddenSize];
  const [batch = 0, length = 0, width = 0] = shape;
  if (shape.length !== 3 || width !== config.hiddenSize)
    report("inputsEmbeds", "the shape is wrong", `[B, T, ${config.hiddenSize}]`, `[${shape.join(", ")}]`);
  if (batch < 1 || length < 1) report(inputsEmbeds === undefined ? "inputIds" : "inputsEmbeds", "it holds no token");

  const past = pastKeyValues?.length ?? 0;
  const rows = (
    name: "inputIds" | "attentionMask" | "positionIds" | "labels",
    most: number,
    least = 0,
    lengths = [length],
  ) => problems.push(...rowsProblems(name, inputs[name], { batch, lengths, range: [least, most] }));
  rows("inputIds", config.vocabSize - 1);
  rows("attentionMask", 1, 0, [length, past + length]);
  rows("positionIds", config.maxPositionEmbeddings - 1);
  rows("labels", config.vocabSize - 1, -100);
  if (inputs.positionIds === undefined && past + length > config.maxPositionEmbeddings) {
    report(
      "forward()",
      "the text is longer than the positions the model has",
      `at most ${config.maxPositionEmbeddings}`,
      past + length,
    );
  }
  const { labels } = inputs;
  if (labels !== undefined && part !== "causalLM")
    report("labels", "a loss needs the vocabulary head of GitForCausalLM");
  if (labels?.some((row) => row.some((id) => id < 0 && id !== -100)))
    report("labels", "a label is negative", "−100 or a token id");
  if (labels?.every((row) => row.slice(1).every((id) => id === -100)))
    report("labels", "there is nothing to predict", "a label other than −100 after the first token");
  if (pixelValues !== undefined && batch % (pixelValues.shape[0] ?? 0) !== 0) {
    report("pixelValues", "the pictures do not fit the texts", `a number that divides ${batch}`, pixelValues.shape[0]);
  }
  if (pastKeyValues !== undefined) {
    if (pixelValues !== undefined) report("pixelValues", "pastKeyValues hold a picture already; pass one of the two");
    if (pastKeyValues.batch !== batch)
      report("pastKeyValues", "it has another number of rows", String(batch), pastKeyValues.batch);
    if (!pastKeyValues.tree.tree.trunk.isOf(engine))
      report("pastKeyValues", "they are of another model, or of this one before its weights were changed");
  }
  const { headMask } = inputs;
  const { numHiddenLayers: layers, numAttentionHeads: heads } = config;
  if (
    headMask !== undefined &&
    headMask.shape.join() !== String(heads) &&
    headMask.shape.join() !== `${layers},${heads}`
  ) {
    report("headMask", "the shape is wrong", `[${heads}] or [${layers}, ${heads}]`, `[${headMask.shape.join(", ")}]`);
  }
  throwProblems(problems);
  return { batch, length };
}
