// In the browser and in Node: how likely given texts are
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const trunk = await git.encode(picture("04.png"));

const ranked = await git.rank(trunk, ["a unicorn on a gray background", "a horse on a gray background", "two cats"]);
for (const { text, logProb } of ranked) console.log(logProb.toFixed(2), text);

const labels = await git.classify(trunk, ["a unicorn", "a pineapple", "a hat"], {
  question: "what is in the picture?",
});
for (const { label, probability } of labels) console.log(probability.toFixed(4), label);

await git.dispose();
