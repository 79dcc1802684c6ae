// The switch to ONNX Runtime on WebGPU, which takes half a minute on a graphics card that is a program.
import { afterAll, beforeAll, expect, test } from "vitest";
import { finishedCaption, Playground } from "./page.ts";

let playground: Playground;
beforeAll(async () => {
  playground = await Playground.start();
}, 120_000);
afterAll(() => playground?.stop());

test("captions on ONNX Runtime's WebGPU provider, where half floats are greyed out with the reason", async () => {
  const { page, complaints, close } = await playground.open({ serviceWorkers: "block" });
  page.setDefaultTimeout(500_000);
  const first = await finishedCaption(page);
  await page.click("#tab-model");
  await page.locator("input[value=ort-webgpu]").check();
  await page.locator(".model-button .dot-ready").waitFor();
  expect(await finishedCaption(page)).toBe(first);
  expect(await page.locator(".model-detail").textContent()).toBe("ONNX Runtime, WebGPU, fp32");
  expect(await page.locator("input[value=fp16]").isDisabled()).toBe(true);
  await page.getByText("not on ONNX Runtime, WebGPU").waitFor();
  expect(complaints).toEqual([]);
  await close();
}, 600_000);
