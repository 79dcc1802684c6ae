// In the browser and in Node: where the model looked
import { load } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const { text, words } = await git.explain(picture("01.png"));
console.log(text);
for (const { word, heatMap, imageShare } of words.slice(0, 9)) {
  const { rows, columns, data } = heatMap;
  const peak = data.indexOf(Math.max(...data));
  console.log(word, {
    imageShare: imageShare.toFixed(2),
    row: Math.floor(peak / columns),
    column: peak % columns,
    of: [rows, columns],
  });
}

await git.dispose();
