// In the browser and in Node: rules of your own
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const trunk = await git.encode(picture("01.png"));
const [blue] = git.processor.tokenizer.encode("blue", { addSpecialTokens: false }).inputIds;

/** Makes one word likelier: scores are float32 [vocabulary], changed in place. */
const bluer = (scores) => {
  scores[blue] += 15;
};
const { text } = await git.caption(trunk, { logitsProcessors: [bluer] });
console.log(text);

const short = await git.caption(trunk, { stoppingCriteria: [(tokens) => tokens.length > 6] });
console.log(short.text);

await git.dispose();
