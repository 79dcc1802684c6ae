// In the browser and in Node: drawing instead of choosing
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const trunk = await git.encode(picture("05.png"));
const draw = async (options) => (await git.caption(trunk, { doSample: true, ...options })).text;

console.log("temperature 2: ", await draw({ temperature: 2, seed: 1 }));
console.log("another seed:  ", await draw({ temperature: 2, seed: 2 }));
console.log("the same again:", await draw({ temperature: 2, seed: 1 }));
console.log("topK 2:        ", await draw({ temperature: 2, topK: 2, seed: 1 }));
console.log("topP 0.8:      ", await draw({ temperature: 2, topP: 0.8, seed: 1 }));
console.log("minP 0.3:      ", await draw({ temperature: 2, minP: 0.3, seed: 1 }));
console.log("typicalP 0.5:  ", await draw({ temperature: 2, typicalP: 0.5, seed: 1 }));
console.log("epsilonCutoff: ", await draw({ temperature: 2, epsilonCutoff: 0.05, seed: 1 }));
console.log("etaCutoff:     ", await draw({ temperature: 2, etaCutoff: 0.05, seed: 1 }));

await git.dispose();
