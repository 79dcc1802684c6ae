// In the browser and in Node: how long a text may be
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const trunk = await git.encode(picture("01.png")); // encoded once for all of these

console.log((await git.caption(trunk, { maxNewTokens: 4 })).text);
console.log((await git.caption(trunk, { stopStrings: "left" })).text);
console.log((await git.caption(trunk, { minNewTokens: 18 })).text);
console.log((await git.caption(trunk, { numBeams: 4, lengthPenalty: -2 })).text);
console.log((await git.caption(trunk, { exponentialDecayLengthPenalty: [3, 3] })).text);

await git.dispose();
