// In the browser and in Node: beams, and the best three texts
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const pixelValues = (await git.processor.process({ images: [picture("05.png")] })).pixelValues;
const { generated, sequencesScores } = await git.model.generate({ pixelValues, numBeams: 4, numReturnSequences: 3 });

for (const [i, tokens] of generated.entries()) {
  console.log(sequencesScores[i].toFixed(3), git.processor.decode(tokens, { skipSpecialTokens: true }));
}

await git.dispose();
