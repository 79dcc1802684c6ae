// All of 1,000 labels against 1,000 scorings; the quick test takes one in twenty-five.

import { bind } from "@glimpsejs/core";
import { demoSamples } from "@glimpsejs/demo-model";
import { loadImage } from "@glimpsejs/processor/node";
import { expect, test } from "vitest";
import { testPlatform } from "./support.ts";

test("1,000 labels have the probabilities of 1,000 scorings", async () => {
  await using git = await bind(testPlatform({ picture: (input) => loadImage(input as URL) })).load();
  const words = ["fox", "cat", "lemon", "bus", "bicycle", "tree", "crab", "hat", "book", "house"];
  const colours = ["red", "blue", "green", "yellow", "gray", "pink", "white", "black", "orange", "purple"];
  const labels = words.flatMap((a) =>
    words.flatMap((b) => colours.map((c) => `a ${a} above a ${b} on a ${c} background`)),
  );
  using trunk = await git.encode(new URL("pictures/01.png", demoSamples));
  const classes = await git.classify(trunk, labels);
  expect(classes).toHaveLength(1000);
  let worst = 0;
  for (const { label, logProb } of classes) {
    const [alone] = await git.score(trunk, [label]);
    worst = Math.max(worst, Math.abs((alone?.logProb ?? Number.NaN) - logProb));
  }
  expect(worst).toBeLessThan(1e-4);
}, 600_000);
