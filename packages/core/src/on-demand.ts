// All that most pages never call, behind one import(): a page that captions loads none of it (but on a GPU, while the
// weights come), one that needs some of it fetches it once. One file and not a dozen, because together it is compressed to
// half the size. Only calls that are asynchronous anyway reach it, from inside their place in the queue, so that their order
// stays the same.
export { captionAll } from "./caption-all.ts";
export { drawContactSheet } from "./clips/contact-sheet.ts";
export { openDraft } from "./draft.ts";
export { prunedHeads, resizedEmbeddings } from "./edit-weights.ts";
export { drawHeatMap } from "./explain/draw.ts";
export { explained } from "./explain/explain.ts";
export { forward } from "./forward/forward.ts";
export { searchBeams } from "./generation/beams.ts";
export { processorsOf } from "./generation/processors/index.ts";
export { searchAhead } from "./generation/run-ahead.ts";
export { compileLater, laterForm, laterGraphsOf } from "./later-graphs.ts";
export { learnTrunk } from "./learn-trunk.ts";
export { live } from "./live/live.ts";
export { otherForm } from "./other-form.ts";
export { paperClipProcessor, paperQuestionPixels } from "./paper-pixels.ts";
export { preparedWeights } from "./prepared.ts";
export { sampler } from "./random.ts";
export { randomWeights } from "./random-init.ts";
export { saveModel, writeJson } from "./save.ts";
export { scored } from "./scoring/given-texts.ts";
export { labelScores } from "./scoring/results.ts";
export { scoreTexts } from "./scoring/score-texts.ts";
