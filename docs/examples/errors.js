// In the browser and in Node: an error says what to do
import { GlimpseError, load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
try {
  await git.caption(picture("01.png"), { numBeam: 4, temperature: 0 });
} catch (error) {
  if (!GlimpseError.isInstance(error, "invalid-argument")) throw error;
  console.log(error.message);
  for (const problem of error.problems) console.log(problem);
}

await git.dispose();
