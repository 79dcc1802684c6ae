// explain(): a text together with a heat map for each of its words.
import type { HostTensor } from "@glimpsejs/graph";
import { encodeOptions, only } from "../call-parts.ts";
import type { GitCalls } from "../git-calls.ts";
import type { GitForCausalLM } from "../git-for-causal-lm.ts";
import type { GitProcessor } from "../git-processor.ts";
import type { ExplainedText, StreamOptions, Subject } from "../tasks.ts";
import type { Trunk } from "../trunk.ts";
import { type ExplainedWord, type Grid, meanHeatMap, rowHeatMap } from "./heat-maps.ts";

/** What Git.explain() does. */
export async function explained(
  calls: GitCalls,
  subject: Exclude<Subject, Trunk>,
  options: StreamOptions,
): Promise<ExplainedText> {
  const request = calls.request([options?.question], options, ["question"]);
  const encoding = encodeOptions(options, options.question);
  const pixelValues = await calls.pixelValues(subject, encoding);
  const trunk = await calls.encodePixels(pixelValues, encoding);
  try {
    const result = only(await calls.texts(request, trunk));
    const [prompt = []] = request.inputIds;
    const { model, processor } = calls;
    const { tokens } = result;
    const words = await explainWords({ model, processor, pixelValues, prompt, tokens, signal: options.signal });
    return { ...result, words };
  } finally {
    trunk.dispose();
  }
}

/** What is explained. */
export interface ExplainRequest {
  readonly model: GitForCausalLM;
  readonly processor: GitProcessor;
  readonly pixelValues: HostTensor<"float32">;
  /** Tokens before the text, [CLS] first. */
  readonly prompt: readonly number[];
  /** The generated tokens, [SEP] included or not. */
  readonly tokens: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** The words of a generated text, each with where the model looked when it chose the word's tokens. */
export async function explainWords(request: ExplainRequest): Promise<readonly ExplainedWord[]> {
  const { model, processor, pixelValues, prompt, tokens, signal } = request;
  const { attentions = [] } = await model.forward({
    pixelValues,
    // Not the last token: nothing was chosen in its row, and the model may have no position for it.
    inputIds: [[...prompt, ...tokens.slice(0, -1)]],
    outputAttentions: true,
    interpolatePosEncoding: true,
    signal,
  });
  const grid = gridOf(pixelValues, model.config.visionConfig.patchSize);
  const imageTokens = grid.frames * (grid.rows * grid.columns + 1);
  return wordsOf(tokens, processor).map(({ word, from, ids }) => {
    // A token is chosen in the row of the token before it.
    const rows = ids.map((_, i) => rowHeatMap(attentions, imageTokens + prompt.length + from + i - 1, grid));
    return {
      word,
      tokens: ids,
      heatMap: meanHeatMap(rows.map((row) => row.heatMap)),
      imageShare: rows.reduce((sum, row) => sum + row.imageShare, 0) / rows.length,
    };
  });
}

function gridOf({ shape }: HostTensor<"float32">, patchSize: number): Grid {
  const [height = 0, width = 0] = shape.slice(-2);
  const frames = shape.length === 5 ? (shape[1] ?? 1) : 1;
  return { frames, rows: Math.floor(height / patchSize), columns: Math.floor(width / patchSize) };
}

interface Word {
  readonly word: string;
  /** Index of its first token among the generated ones. */
  readonly from: number;
  readonly ids: readonly number[];
}

/** Word pieces put together to words ("##s" belongs to what stands before it); special tokens are no words. */
function wordsOf(tokens: readonly number[], { tokenizer }: GitProcessor): readonly Word[] {
  const starts = tokens.flatMap((id, i) => {
    if (tokenizer.decode([id], { skipSpecialTokens: true }) === "") return [];
    return i > 0 && tokenizer.idToToken(id)?.startsWith("##") ? [] : [i];
  });
  return starts.map((from, n) => {
    const end = starts[n + 1] ?? tokens.length;
    const ids = tokens.slice(from, end).filter((id) => tokenizer.decode([id], { skipSpecialTokens: true }) !== "");
    return { word: tokenizer.decode(ids, { skipSpecialTokens: true }), from, ids };
  });
}
