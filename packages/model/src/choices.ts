// What a search needs of a step's logits, computed where they are. A row of logits is a vocabulary long (122 kB for
// BERT's); a greedy step needs one token of it, beams and most samplers the best few. Which of these outputs a run
// computes is for whoever asks for them. Not in the reference, which reads every row.
import { type Builder, mulDims, type Value } from "@glimpsejs/graph";
import { pair } from "./blocks.ts";

/**
 * Outputs made of `logits` [wanted, V]. Rows to choose from are dealt to pictures as the next run's text rows will be, so
 * that the tokens chosen in one run can be the ids of the next without having been read.
 *
 * Inputs: `chosen` int32 [batch, columns], rows of `logits`; either size may be 0, one row may be there several times.
 * `masked` int32 [batch, columns, masked], tokens that must not be chosen, −1 for none. `given` int32 [given], indices
 * row · V + token into `logits`. `candidates` int32 [K], 1 ≤ K ≤ V: its size says how many are wanted, its values nothing.
 * Outputs: `logSumExp` float32 [wanted], of all logits; `nextIds` int32 [batch, columns], the best token that is not
 * masked, −1 where the row is bad (see the op argMax); `candidateIds` int32 and `candidateLogits` float32
 * [batch · columns, K], the K best and theirs; `givenLogits` float32 [given, 1].
 */
export function choices(root: Builder, logits: Value): void {
  const [rows = 0, vocabSize = 0] = logits.shape;
  const cells = mulDims("batch", "columns");
  const b = root.at("choices");
  root.output("logSumExp", b.op("logSumExp", { x: logits }, {}));

  const whole = b.op("reshape", { x: logits }, { shape: [1, rows, vocabSize] });
  const chosen = b.op("reshape", { x: root.input("chosen", "int32", ["batch", "columns"]) }, { shape: [cells] });
  const masked = root.input("masked", "int32", ["batch", "columns", "masked"]);
  const tokens = b.op("reshape", { x: masked }, { shape: [cells, "masked"] });
  const x = b.op("maskTokens", { x: b.op("gatherRows", { x: whole, rows: chosen }, {}), tokens }, {});
  root.output("nextIds", b.op("reshape", { x: b.op("argMax", { x }, {}) }, { shape: ["batch", "columns"] }));
  root.input("candidates", "int32", ["candidates"]);
  const [values, indices] = pair(b.ops("topK", { x }, { k: "candidates" }));
  root.output("candidateLogits", values);
  root.output("candidateIds", indices);

  const entries = b.op("reshape", { x: logits }, { shape: [1, mulDims(rows, vocabSize), 1] });
  root.output("givenLogits", b.op("gatherRows", { x: entries, rows: root.input("given", "int32", ["given"]) }, {}));
}
