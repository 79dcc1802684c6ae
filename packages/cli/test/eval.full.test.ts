// The demo checkpoint on all its held-out scenes gives the shares that transformers gave when it was trained.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { expect, test } from "vitest";
import { choice, glimpse } from "./support.ts";

const folder = fileURLToPath(new URL("../../../fixtures/demo", import.meta.url));
const { held_out, reference_scores } = JSON.parse(readFileSync(`${folder}/samples.json`, "utf8"));

test("captions and answers are exact as often as the reference's", async () => {
  const run = async (...options: string[]) =>
    JSON.parse((await glimpse(["eval", folder, "--json", ...options], { backends: [choice(ortNode())] })).out);
  const seen = reference_scores["seen styles"];
  const unseen = reference_scores["unseen style (OpenMoji)"];
  const first = await run("--limit", String(seen.scenes));
  expect(first.captions.exactMatch).toBeCloseTo(seen.caption_exact, 10);
  expect(first.answers.exactMatch).toBeCloseTo(seen.answer_exact, 10);
  const all = await run();
  expect(all.samples).toBe(held_out.length);
  const exact = seen.scenes * seen.caption_exact + unseen.scenes * unseen.caption_exact;
  expect(all.captions.exactMatch * held_out.length).toBeCloseTo(exact, 8);
  const answered = seen.scenes * seen.answer_exact + unseen.scenes * unseen.answer_exact;
  expect(all.answers.exactMatch * held_out.length).toBeCloseTo(answered, 8);
});
