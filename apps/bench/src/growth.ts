// How time grows with the size of a call, and how many pictures a second captionAll() does.
import { callOf, type GenerateRequest } from "./calls.ts";
import type { Entry, Job } from "./job.ts";
import type { Growth, Throughput } from "./result.ts";

/** How one runner's time grows with one quantity while the others stay as in "caption". */
export async function growths(job: Job, { runner, name }: Entry): Promise<readonly Growth[]> {
  const { imageSize, patchSize } = job.config.visionConfig;
  const base = callOf("caption", job.prompt, job.tokens) as GenerateRequest;
  const sizes = job.pixels.shape.length === 5 ? [] : [224, 320, 480].map((side) => side - (side % patchSize));
  const repeated = (count: number) => Array.from({ length: count }, () => job.prompt);
  const series: Record<Growth["name"], readonly [number, GenerateRequest][]> = {
    resolution: sizes.map((size) => [size, size === imageSize ? base : { ...base, size }]),
    tokens: [1, 5, 10, 20, 40].map((tokens) => [tokens, { ...base, tokens }]),
    beams: [1, 2, 4, 8].map((beams) => [beams, { ...base, beams }]),
    batch: [1, 2, 4, 8].map((count) => [count, { ...base, pictures: count, prompts: repeated(count) }]),
  };
  const all: Growth[] = [];
  for (const [kind, calls] of Object.entries(series)) {
    job.log(`${name}: growth with ${kind}`);
    const points: Growth["points"][number][] = [];
    for (const [x, call] of calls) {
      const times = [await runner.ask(call), await runner.ask(call)];
      points.push({ x, ms: Math.min(...times.map(({ ms }) => ms)) });
    }
    all.push({ name: kind as Growth["name"], runner: name, points });
  }
  return all;
}

/** Pictures a second of captionAll(), by batch size: one pass over as many pictures as fill the largest batch twice. */
export async function throughputOf({ tokens, log }: Job, { runner, name }: Entry): Promise<Throughput> {
  const pictures = 16;
  log(`${name}: pictures a second`);
  await runner.ask({ kind: "captionAll", pictures: 1, batchSize: 1, tokens }); // opens it
  const points: Throughput["points"][number][] = [];
  for (const batchSize of [1, 2, 4, 8]) {
    const { ms } = await runner.ask({ kind: "captionAll", pictures, batchSize, tokens });
    points.push({ batchSize, imagesPerSecond: (1000 * pictures) / ms });
  }
  return { runner: name, points };
}
