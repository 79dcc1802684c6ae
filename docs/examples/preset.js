// In the browser and in Node: as transformers does it, and as the authors' code does
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const trunk = await git.encode(picture("05.png"));
for (const preset of ["hf", "paper"]) {
  const { text, score } = await git.caption(trunk, { preset });
  console.log(preset, score.toFixed(3), text);
}

await git.dispose();
