// In the browser and in Node: word by word, and stopping in the middle
import { AbortedError, load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
for await (const piece of git.stream(picture("03.jpg"))) console.log(JSON.stringify(piece));

const controller = new AbortController();
try {
  for await (const piece of git.stream(picture("03.jpg"), { signal: controller.signal })) {
    if (piece.includes("left")) controller.abort();
  }
} catch (error) {
  console.log(error instanceof AbortedError, error.texts);
}

await git.dispose();
