// From the texts that score(), rank() and classify() are given to what scoreTexts() takes, and back. The texts are
// checked before any picture is decoded.
import { show } from "@glimpsejs/base";
import { checkPictures } from "../call-parts.ts";
import type { GitCalls } from "../git-calls.ts";
import type { GitForCausalLM } from "../git-for-causal-lm.ts";
import type { GitProcessor } from "../git-processor.ts";
import { checkAll, throwProblems, unknownOptions } from "../options.ts";
import type { ScoreOptions, Subject } from "../tasks.ts";
import { promptOf, questionProblems } from "../text-request.ts";
import type { Trunk } from "../trunk.ts";
import { checkTexts, type TextScore, textScore } from "./results.ts";

/** What Git.score() does. */
export async function scored(
  calls: GitCalls,
  subject: Subject,
  texts: readonly string[],
  options: ScoreOptions,
): Promise<readonly TextScore[]> {
  const given = givenTexts(calls.model, calls.processor, texts, options);
  const { signal } = options;
  return calls.about(subject, { signal }, (trunk) => {
    checkPictures("score()", trunk, 1);
    return scoreGivenTexts(calls.model, trunk, given, signal);
  });
}

/** Texts as tokens, with what stands before each of them. */
export interface GivenTexts {
  readonly texts: readonly string[];
  /** [CLS] and the question. */
  readonly prompt: readonly number[];
  /** Of each text, [SEP] included. */
  readonly tokens: readonly (readonly number[])[];
}

/** The tokens of `texts`. Throws "invalid-argument" listing those that are empty, too long, or no texts, and wrong options. */
export function givenTexts(
  model: GitForCausalLM,
  { tokenizer }: GitProcessor,
  texts: readonly string[],
  options: ScoreOptions,
): GivenTexts {
  const question = typeof options?.question === "string" ? options.question : undefined;
  const prompt = promptOf(tokenizer, question);
  const [, tokens] = checkAll(
    () => throwProblems([...unknownOptions(options, ["question", "signal"]), ...questionProblems(options?.question)]),
    () => {
      if (!Array.isArray(texts) || !texts.every((text) => typeof text === "string")) {
        const expected = "an array of strings";
        throwProblems([{ subject: "score()", problem: "the texts are no texts", expected, got: show(texts) }]);
      }
      const ids = texts.map((text) => [
        ...tokenizer.encode(text, { addSpecialTokens: false }).inputIds,
        tokenizer.sepTokenId,
      ]);
      // The last token of a text is never fed, so it needs no position.
      checkTexts("score()", texts, ids, model.config.maxPositionEmbeddings - prompt.length + 1);
      return ids;
    },
  );
  return { texts, prompt, tokens };
}

/** Their scores about the one picture of `trunk`, in the order of the texts. */
export async function scoreGivenTexts(
  model: GitForCausalLM,
  trunk: Trunk,
  { texts, prompt, tokens }: GivenTexts,
  signal: AbortSignal | undefined,
): Promise<readonly TextScore[]> {
  const logProbs = await model.scoreTexts({ trunk, picture: 0, prompt, texts: tokens, signal });
  return texts.map((text, i) => textScore(text, tokens[i] ?? [], logProbs[i] ?? []));
}
