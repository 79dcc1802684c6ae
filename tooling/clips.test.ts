// Clips of the built packages as processes and threads: a long film needs no more memory than a short one, and a worker
// decodes. Runs after a build, with the tests on the built packages.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { afterAll, expect, test } from "vitest";
import { encode, pack, repeated, steadyTimes } from "../packages/processor/test/make-clip.ts";

const folder = mkdtempSync(path.join(tmpdir(), "glimpse-clips-"));
afterAll(() => rmSync(folder, { recursive: true }));
const loader = new URL("../packages/processor/dist/node/index.js", import.meta.url).href;

/** A film of `seconds`, one second of 30 frames over and over. */
async function film(seconds: number): Promise<string> {
  const second = await encode({ codec: "avc", times: steadyTimes(30), keyEvery: 30, width: 320, height: 240 });
  const file = path.join(folder, `${seconds}.mp4`);
  writeFileSync(file, await pack(repeated(second, seconds, 1), { codec: "avc", container: "mp4" }));
  return file;
}

/** A program that reads a clip and has what it `told`. Its memory is looked at, since maxRSS may be its parent's. */
const code = (file: string) => `
  const { loadClip } = await import(${JSON.stringify(loader)});
  let [pixels, most] = [0, 0];
  const look = () => { most = Math.max(most, process.memoryUsage.rss()); };
  const timer = setInterval(look, 5);
  const clip = await loadClip(${JSON.stringify(file)});
  look();
  for await (const { data } of clip.frames()) { pixels += data.length; look(); }
  clearInterval(timer);
  const told = { frames: clip.frameCount, pixels, mebibytes: most / 2 ** 20 };
`;

test("a film of 10 minutes takes no more memory than one of 10 seconds", async () => {
  const peak = async (seconds: number) => {
    const program = `${code(await film(seconds))}; console.log(JSON.stringify(told));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    const told: { frames: number; pixels: number; mebibytes: number } = JSON.parse(stdout);
    expect(told).toMatchObject({ frames: 30 * seconds, pixels: 6 * 320 * 240 * 3 });
    return told.mebibytes;
  };
  const [short, long] = [await peak(10), await peak(600)];
  console.log(`peak memory: ${short.toFixed(1)} MiB for 10 s, ${long.toFixed(1)} MiB for 10 minutes`);
  expect(long).toBeLessThan(short + 16); // what two runs on one file differ by
}, 120_000);

test("a worker decodes a clip", async () => {
  const file = await film(2);
  const program = `import("node:worker_threads").then(async ({ parentPort }) => { ${code(file)}; parentPort.postMessage(told); });`;
  const worker = new Worker(program, { eval: true });
  const told = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  expect(told).toMatchObject({ frames: 60, pixels: 6 * 320 * 240 * 3 });
  await worker.terminate();
});
