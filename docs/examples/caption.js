// In the browser and in Node: a caption
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load(); // the demo checkpoint
const { text, tokens, logProb } = await git.caption(picture("01.png"));

console.log(text);
console.log(`${tokens.length} tokens, log-probability ${logProb.toFixed(2)}`);

await git.dispose();
