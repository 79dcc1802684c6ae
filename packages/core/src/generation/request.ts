// One call of generate(): its pictures and prompts checked against each other before anything runs, and the search that
// they and the options lead to.
import { GlimpseError } from "@glimpsejs/base";
import type { GenerationConfig, GitConfig } from "@glimpsejs/config";
import type { HostTensor } from "@glimpsejs/graph";
import { stepsSurvivingLoss } from "../device-loss.ts";
import type { Engine } from "../engine.ts";
import { loadOnDemand } from "../load-on-demand.ts";
import { booleanProblems, checkAll, throwProblems } from "../options.ts";
import { type Rows, shapeProblems } from "../rows.ts";
import { float32Problems } from "../tensor-problems.ts";
import { TokenTree } from "../token-tree.ts";
import { Trunk, trunkProblems } from "../trunk.ts";
import { promptsOf } from "./generate.ts";
import type { Prompt } from "./leaves.ts";
import type { GenerateOptions } from "./options.ts";
import { type CheckedGeneration, completePlan, type GenerationPlan, planGeneration } from "./plan.ts";
import { canRunAhead } from "./reading.ts";
import { searchRows } from "./rows.ts";
import { newTokensOf, type Search } from "./search.ts";

/** Arguments of generate(): the pictures and prompts, and how to search. */
export interface GenerateInputs extends GenerateOptions {
  /** Pictures float32 [b, 3, H, W] or clips [b, F, 3, H, W]; or a trunk made of them. Text alone without either. */
  readonly pixelValues?: HostTensor<"float32"> | undefined;
  /** Pictures that were encoded before, instead of pixelValues. It stays the caller's. */
  readonly trunk?: Trunk | undefined;
  /** Prompts [B, T], b dividing B; row i is about picture i mod b. Default: [CLS] (bos_token_id) for each picture. */
  readonly inputIds?: Rows | undefined;
  /** 0 marks padding in inputIds, wherever it stands. */
  readonly attentionMask?: Rows | undefined;
  /** Accept pictures of another size than the model was trained on, interpolating its positions. Default false. */
  readonly interpolatePosEncoding?: boolean | undefined;
}

/** One call of generate(), checked. */
export interface GenerationRequest {
  /** What it runs on to its end, whatever becomes of the model between two steps. */
  readonly engine: Engine;
  readonly plan: CheckedGeneration;
  readonly inputIds: Rows;
  readonly prompts: readonly Prompt[];
  readonly pictures: number;
  readonly pixelValues: HostTensor<"float32"> | undefined;
  readonly trunk: Trunk | undefined;
  readonly interpolatePosEncoding: boolean | undefined;
}

/** Everything about a call that can be checked before anything runs, with all that is wrong in one error. */
export function generationRequest(
  inputs: GenerateInputs,
  engine: Engine,
  defaults: GenerationConfig,
): GenerationRequest {
  const { pixelValues, trunk, inputIds: _, attentionMask: __, interpolatePosEncoding, ...options } = inputs;
  const { runAhead = engine.runAhead } = options;
  const { config } = engine;
  const [plan, prompts] = checkAll(
    () => planGeneration({ ...options, runAhead }, defaults, config),
    () => checkedPrompts(inputs, defaults, config),
  );
  checkAll(...prompts.prompts.map((prompt) => () => newTokensOf(prompt, plan)));
  return { engine, plan, ...prompts, pixelValues, trunk, interpolatePosEncoding };
}

function checkedPrompts(
  inputs: GenerateInputs,
  defaults: GenerationConfig,
  config: GitConfig,
): Pick<GenerationRequest, "inputIds" | "prompts" | "pictures"> {
  const { pixelValues, trunk, inputIds: given, attentionMask } = inputs;
  const both = {
    subject: "generate()",
    problem: "pixelValues and trunk are both given",
    advice: "Pass one of them.",
  };
  throwProblems([
    ...(pixelValues !== undefined && trunk !== undefined ? [both] : []),
    ...booleanProblems(inputs, ["interpolatePosEncoding"]),
    ...(pixelValues === undefined ? [] : float32Problems("pixelValues", pixelValues)),
    ...(trunk === undefined ? [] : trunkProblems(trunk)),
    ...(given === undefined ? [] : shapeProblems("inputIds", given)),
    ...(attentionMask === undefined ? [] : shapeProblems("attentionMask", attentionMask)),
  ]);
  const pictures = trunk?.batch ?? pixelValues?.shape[0] ?? given?.length ?? 1;
  const start = () => startToken(inputs.bosTokenId ?? defaults.bosTokenId ?? config.bosTokenId);
  const inputIds = given ?? Array.from({ length: pictures }, () => [start()]);
  return { inputIds, prompts: promptsOf(inputIds, attentionMask, pictures, config), pictures };
}

function startToken(id: number | null | undefined): number {
  if (id !== null && id !== undefined) return id;
  throw new GlimpseError(
    {
      subject: "generate()",
      problem: "there is no prompt and the configuration names no bos_token_id",
      advice: "Pass inputIds.",
    },
    { code: "invalid-argument" },
  );
}

/** Encodes the pictures if they are not yet, and searches. A trunk of its own is freed at the end. */
export async function* searchTexts(request: GenerationRequest): Search {
  const { engine, prompts, pictures, pixelValues, interpolatePosEncoding } = request;
  const plan = await completePlan(request.plan);
  const own = request.trunk === undefined;
  const encodeOptions = { interpolatePosEncoding, signal: plan.signal };
  const trunk =
    request.trunk ??
    (pixelValues === undefined
      ? Trunk.empty(engine, pictures)
      : await Trunk.encode(engine, pixelValues, encodeOptions));
  try {
    const search = await searchOf(plan, engine, trunk, prompts);
    const begin = () => search(() => new TokenTree(engine, trunk), prompts, plan);
    return yield* stepsSurvivingLoss(begin, () => trunk.renew());
  } finally {
    if (own) trunk.dispose();
  }
}

/** What finds the texts of a plan. */
async function searchOf(
  plan: GenerationPlan,
  engine: Engine,
  trunk: Trunk,
  prompts: readonly Prompt[],
): Promise<typeof searchRows> {
  if (plan.numBeams > 1) return (await loadOnDemand()).searchBeams;
  if (canRunAhead(plan)) return (await loadOnDemand()).searchAhead;
  return engine.draft?.search(plan, prompts, () => new TokenTree(engine, trunk, "draft")) ?? searchRows;
}
