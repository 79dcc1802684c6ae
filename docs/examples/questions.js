// In the browser and in Node: several questions about one picture, encoded once
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const questions = ["what is on the left?", "what is on the right?", "what color is the background?"];
for (const [i, { text, logProb }] of (await git.answer(picture("01.png"), questions)).entries()) {
  console.log(questions[i], text, logProb.toFixed(2));
}

await git.dispose();
