// In the browser and in Node: groups of beams that must differ
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const pixelValues = (await git.processor.process({ images: [picture("05.png")] })).pixelValues;
const texts = async (options) => {
  const { generated } = await git.model.generate({ pixelValues, numReturnSequences: 4, ...options });
  return git.processor.batchDecode(generated, { skipSpecialTokens: true });
};

console.log("four beams:", await texts({ numBeams: 4 }));
console.log("four groups:", await texts({ numBeams: 4, numBeamGroups: 4, diversityPenalty: 5 }));

await git.dispose();
