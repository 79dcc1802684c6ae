// Metrics of captions and answers, from their published definitions: pure functions over texts. No model, no files.
export { type BleuScores, bleu } from "./bleu.ts";
export { cider } from "./cider.ts";
export { type AnswerScores, type CaptionScores, evaluateAnswers, evaluateCaptions } from "./evaluate.ts";
export { exactMatch } from "./exact-match.ts";
export type { ItemScores, TextItem, TokenItem } from "./items.ts";
export { normalizeAnswer } from "./normalize-answer.ts";
export { rougeL } from "./rouge-l.ts";
export { tokenizeCaption } from "./tokenize.ts";
export { vqaAccuracy } from "./vqa-accuracy.ts";
