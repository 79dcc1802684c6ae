// In the browser and in Node: where the model looked
import { heatMapPng, load, loadImage } from "glimpsejs";
import { picture } from "./samples.js";

const git = await load();
const seen = await loadImage(picture("01.png"));
const { text, words } = await git.explain(seen);
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

const helicopter = words.find(({ word }) => word === "helicopter");
const png = await heatMapPng(seen, helicopter.heatMap);
console.log(new Blob([png], { type: "image/png" })); // this page shows it

await git.dispose();
