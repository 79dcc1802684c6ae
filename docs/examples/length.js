// In the browser and in Node: how long a text may be
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const trunk = await git.encode(picture("01.png")); // encoded once for all of these
const caption = async (options) => (await git.caption(trunk, options)).text;
const [left] = git.processor.tokenizer.encode("left", { addSpecialTokens: false }).inputIds;

console.log("maxNewTokens 4:  ", await caption({ maxNewTokens: 4 }));
console.log("maxLength 4:     ", await caption({ maxLength: 4 })); // [CLS] is one of them
console.log("forcedEosTokenId:", await caption({ maxNewTokens: 4, forcedEosTokenId: left }));
console.log("stopStrings:     ", await caption({ stopStrings: "left" }));
console.log("minNewTokens 18: ", await caption({ minNewTokens: 18 }));
console.log("minLength 18:    ", await caption({ minLength: 18 }));
console.log("lengthPenalty -2:", await caption({ numBeams: 4, lengthPenalty: -2 }));
console.log("decaying:        ", await caption({ exponentialDecayLengthPenalty: [3, 3] }));

await git.dispose();
