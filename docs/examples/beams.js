// In the browser and in Node: beams, and the best three texts
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const pixelValues = (await git.processor.process({ images: [picture("05.png")] })).pixelValues;

async function show(options) {
  const { generated, sequencesScores } = await git.model.generate({ pixelValues, numBeams: 4, ...options });
  for (const [i, tokens] of generated.entries()) {
    console.log(sequencesScores[i].toFixed(3), git.processor.decode(tokens, { skipSpecialTokens: true }));
  }
}

await show({ numReturnSequences: 3 });
console.log("\nearlyStopping: the third is the third that ended");
await show({ numReturnSequences: 3, earlyStopping: true });
console.log('\nlengthPenaltyFormula "gnmt"');
await show({ lengthPenaltyFormula: "gnmt", lengthPenalty: 0.6 });

await git.dispose();
