// In the browser and in Node: words that must, must not, or may not again
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const trunk = await git.encode(picture("01.png"));
const ids = (text) => git.processor.tokenizer.encode(text, { addSpecialTokens: false }).inputIds;
const caption = async (options) => (await git.caption(trunk, options)).text;

console.log("as it is:            ", await caption({}));
console.log("badWordsIds:         ", await caption({ badWordsIds: [ids("light bulb")] }));
console.log("suppressTokens:      ", await caption({ suppressTokens: ids("white") }));
console.log("beginSuppressTokens: ", await caption({ beginSuppressTokens: ids("a") }));
console.log("forcedBosTokenId:    ", await caption({ forcedBosTokenId: ids("two")[0] }));
console.log("noRepeatNgramSize 1: ", await caption({ noRepeatNgramSize: 1 }));
console.log("repetitionPenalty 3: ", await caption({ repetitionPenalty: 3 }));
console.log("prefixAllowedTokens: ", await caption({ prefixAllowedTokens: () => [...ids("a hat on white"), 3] }));

await git.dispose();
