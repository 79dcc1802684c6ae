// In the browser and in Node: one level down, where a text begins and ends, and what generate() returns besides
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const { pixelValues } = await git.processor.process({ images: [picture("05.png")] });
const [on, two] = git.processor.tokenizer.encode("on two", { addSpecialTokens: false }).inputIds;

const until = await git.model.generate({ pixelValues, eosTokenId: [3, on] }); // 3 is [SEP]
console.log("eosTokenId:", git.processor.decode(until.sequences[0]));
const from = await git.model.generate({ pixelValues, bosTokenId: two }); // instead of [CLS]
console.log("bosTokenId:", git.processor.decode(from.sequences[0]));

const { scores, logProbs } = await git.model.generate({ pixelValues, outputScores: true });
console.log(
  "outputScores:",
  scores.length,
  "steps of",
  scores[0].shape,
  "the best",
  Math.max(...scores[0].data).toFixed(2),
);
const normal = await git.model.generate({ pixelValues, outputScores: true, renormalizeLogits: true });
console.log("renormalizeLogits: the best", Math.max(...normal.scores[0].data).toFixed(2));
console.log("the token's logProb:", logProbs[0][0].toFixed(2));
console.log("outputLogProbs:", (await git.model.generate({ pixelValues, outputLogProbs: false })).logProbs);

await git.dispose();
