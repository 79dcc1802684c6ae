// `npm run bench:classify`: a thousand labels at once against a thousand labels one by one, on the demo checkpoint and one
// encode. Prints no time unless both give the same probabilities.
import { load, ortNode, type TextScore } from "glimpsejs";

const tolerance = 1e-4;
const things = [
  "fox",
  "cat",
  "lemon",
  "bus",
  "bicycle",
  "tree",
  "crab",
  "hat",
  "book",
  "house",
  "bear",
  "lion",
  "boat",
];
const colours = ["red", "blue", "green", "yellow", "gray", "pink", "white", "black", "orange", "purple"];
const counts = ["a", "two", "three", "four"];
const labels = counts
  .flatMap((n) =>
    things.flatMap((thing) => colours.flatMap((c) => [`${n} ${thing} on a ${c} background`, `${n} ${c} ${thing}`])),
  )
  .slice(0, 1000);

await using git = await load(undefined, { backend: ortNode({ threads: 2 }) });
const picture = { width: 96, height: 96, data: Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => (i * 37) % 251) };
using trunk = await git.encode(picture);
await git.classify(trunk, labels.slice(0, 10)); // warm

const start = performance.now();
const together = await git.classify(trunk, labels);
const middle = performance.now();
const alone: TextScore[] = [];
for (const label of labels) alone.push(...(await git.score(trunk, [label])));
const end = performance.now();

const difference = Math.max(
  ...together.map(({ index, logProb }) => Math.abs(logProb - (alone[index]?.logProb ?? Number.NaN))),
);
if (difference <= tolerance) {
  console.log(`${labels.length} labels at once     ${(middle - start).toFixed(0).padStart(6)} ms`);
  console.log(
    `${labels.length} labels one by one  ${(end - middle).toFixed(0).padStart(6)} ms, ${((end - middle) / (middle - start)).toFixed(1)} times as long`,
  );
  console.log(`largest difference of a log-probability ${difference.toExponential(1)}`);
} else {
  console.log(`WRONG: the log-probabilities differ by ${difference}`);
  process.exitCode = 1;
}
