// What the bench prints, and what it refuses to print, on runners that only pretend to measure.
import { presetConfig } from "@glimpsejs/config";
import { expect, test } from "vitest";
import { bench, type Job } from "./bench.ts";
import { callOf, type GenerateRequest, type Opened, type Request, type Timed } from "./calls.ts";
import { agreement, wrongIds } from "./check-ids.ts";
import { encoderFlops, leastSeconds } from "./cost.ts";
import { htmlReport } from "./html.ts";
import { spread } from "./result.ts";
import type { Runner } from "./runner.ts";
import { tables } from "./table.ts";

test("the share of equal tokens counts up to a row's first difference, without the prompts", () => {
  expect(agreement([[101, 5, 6]], [[101, 5, 6]], [1])).toBe(1);
  expect(agreement([[101, 5, 9, 7, 8]], [[101, 5, 6, 7, 8]], [1])).toBe(0.25);
  expect(agreement([[7], []], [[7], [7, 1]], [1, 1])).toBe(0);
  expect(agreement([[1, 2]], [], [1])).toBe(0);
  expect(wrongIds("x", [[1], [1, 3]], [[1], [1, 2]])).toBe("WRONG IDS  x, row 1\n  expected  1 2\n  got       1 3");
});

test("spread", () => {
  expect(spread([3, 100, 1])).toEqual({ median: 3, min: 1, max: 100, runs: 3 });
  expect(spread([4, 1, 2, 100])?.median).toBe(3);
  expect(spread([])).toBeUndefined();
});

test("the least time of git-base is that of its multiplications and weights", () => {
  const config = presetConfig("git-base");
  expect(encoderFlops(config) / 1e9).toBeCloseTo(35.1, 0);
  const call = callOf("caption", [101], 20) as GenerateRequest;
  const free = Number.POSITIVE_INFINITY;
  expect(leastSeconds(config, call, 1, { gemm: 1e9, memory: free }) - 19 * 0.132).toBeCloseTo(50.3, 0);
  expect(leastSeconds(config, call, 1, { gemm: free, memory: 1e9 })).toBeCloseTo(19 * 0.271, 1);
  // Ten questions have 63 tokens: 62 rows more at the start, which also attend to each other, nine more of them with the
  // vocabulary, then nine more rows in each of 19 steps.
  const ten = callOf("questions10", [101], 20) as GenerateRequest;
  const [all, one] = [ten, call].map((asked) => leastSeconds(config, asked, 1, { gemm: 1e9, memory: free }));
  expect((all ?? 0) - (one ?? 0)).toBeCloseTo(62 * 0.0849 + 0.3 + 9 * 0.0469 + 19 * 9 * 0.1318, 1);
});

const right = [101, 7, 8];
const job: Job = {
  model: { name: "a <model>", weightBytes: 1e9 },
  config: presetConfig("git-base"),
  folder: "",
  pixels: { file: "", shape: [8, 3, 224, 224] },
  prompt: [101],
  tokens: 2,
  threads: 1,
  rounds: 3,
  scenarios: ["caption"],
  rates: { gemm: 1e12, memory: 1e11 },
  expected: { caption: [right] },
  growth: false,
  log: () => undefined,
};

/** A runner whose captions take `ms` and are `ids`, on `cores`. */
function pretender(
  kind: Runner["kind"],
  ms: number,
  ids: readonly number[],
  { cores = 1, dtype = "fp32", isOnGpu = false } = {},
): Runner {
  const asked = { captions: 0, closed: false };
  const ask = async (request: Request): Promise<Opened | Timed | number> => {
    if (asked.closed) throw new Error("closed");
    if (request.kind === "open") return { name: `${kind} ${dtype}`, load: 50 };
    if (request.kind === "memory") return 1.1e9;
    const took = request.kind === "captionAll" ? 4000 / request.batchSize : ms + asked.captions++;
    return { ms: took, cpu: took * cores, ids: [ids], steps: [ms / 10], runtime: took - 2 };
  };
  return { backend: kind, dtype, kind, isOnGpu, ask: ask as Runner["ask"], close: () => (asked.closed = true) };
}

test("times, shares and ratios, measured after warming up", async () => {
  const result = await bench(job, [pretender("peer", 900, right), pretender("glimpse", 300, right)]);
  const [peer, ours] = result.runners;
  expect(peer?.scenarios.caption?.ms).toEqual({ median: 910, min: 909, max: 911, runs: 3 });
  expect(ours?.first).toBe(300);
  expect(ours?.scenarios.caption).toMatchObject({ agreement: 1, hostPerToken: 1, hostPerTokenOfAll: 1, cores: 1 });
  expect(ours?.scenarios.caption?.speedup).toBeCloseTo(910 / 310);
  expect(tables(result).split("\n\n").slice(1).join("\n\n")).toMatchInlineSnapshot(`
    "               load  first caption  memory then  at the end  of fp32 weights
    peer fp32     50 ms         900 ms      1100 MB     1100 MB            1.10×
    glimpse fp32  50 ms         300 ms      1100 MB     1100 MB            1.10×

    caption         time           cores    token  host/step  host/token  same ids  of roofline  vs peer
    peer fp32     910 ms  909–911   1.00  90.0 ms    1.00 ms     1.00 ms     100 %          6 %    1.00×
    glimpse fp32  310 ms  309–311   1.00  30.0 ms    1.00 ms     1.00 ms     100 %         17 %    2.94×"
  `);
  expect(result.notes).toEqual([]);
});

test("host time is told by step and by token of all texts", async () => {
  const texts = Array.from({ length: 10 }, () => Array.from({ length: 12 }, (_, id) => id));
  const asked = { ...job, scenarios: ["questions10"] as const, expected: { questions10: texts } };
  const runner = pretender("glimpse", 300, right);
  const ask = async (request: Request) => {
    const answer = await (runner.ask as (request: Request) => Promise<Opened | Timed | number>)(request);
    return typeof answer === "object" && "ids" in answer ? { ...answer, ids: texts } : answer;
  };
  const result = await bench(asked, [{ ...runner, ask: ask as Runner["ask"] }]);
  expect(result.runners[0]?.scenarios.questions10).toMatchObject({ hostPerToken: 1, hostPerTokenOfAll: 0.1 });
});

test("wrong ids have no time, rounded weights have one with their share of equal ids", async () => {
  const wrong = [101, 7, 9];
  const result = await bench(job, [
    pretender("peer", 900, right),
    pretender("glimpse", 3, wrong),
    pretender("glimpse", 100, wrong, { dtype: "int8" }),
  ]);
  const [, fp32, int8] = result.runners;
  expect(fp32?.scenarios.caption).toMatchObject({ ms: undefined, speedup: undefined, perToken: undefined });
  expect(int8?.scenarios.caption).toMatchObject({ agreement: 0.5, rooflineShare: undefined });
  expect(int8?.scenarios.caption?.ms?.median).toBe(110);
  expect(result.notes.join()).toMatch(/WRONG IDS {2}glimpse fp32, caption, row 0/);
  expect(tables(result)).not.toMatch(/\b6 ms/);
});

test("without anything to compare with there is no time, and no ratio for a run kept from computing, unless a GPU computes", async () => {
  const alone = await bench({ ...job, expected: {} }, [pretender("glimpse", 300, right)]);
  expect(alone.runners[0]?.scenarios.caption?.ms).toBeUndefined();
  expect(alone.notes.join()).toMatch(/nothing says which ids are right/);
  const kept = await bench(job, [pretender("peer", 900, right, { cores: 0.4 }), pretender("glimpse", 300, right)]);
  expect(kept.runners[1]?.scenarios.caption?.speedup).toBeUndefined();
  expect(kept.notes.join()).toMatch(/peer fp32, caption: it got 0.40 cores/);
  const onGpu = { cores: 0.4, isOnGpu: true };
  const fast = await bench(job, [pretender("peer", 900, right, onGpu), pretender("glimpse", 300, right, onGpu)]);
  expect(fast.runners[1]?.scenarios.caption?.speedup).toBeCloseTo(910 / 310);
  expect(fast.runners[1]?.scenarios.caption?.rooflineShare).toBeUndefined();
  expect(fast.notes).toEqual([]);
});

test("a runner that cannot be opened is told, the others are measured, all are closed", async () => {
  const broken = pretender("peer", 1, right);
  const failing: Runner = { ...broken, ask: async () => Promise.reject(new Error("no torch")) };
  const ours = pretender("glimpse", 300, right);
  const result = await bench(job, [failing, ours]);
  expect(result.runners.map(({ kind }) => kind)).toEqual(["glimpse"]);
  expect(result.notes).toEqual(["peer fp32 was not measured: no torch"]);
  await expect(ours.ask({ kind: "memory" })).rejects.toThrow("closed");
});

test("the report is one page that loads nothing and shows text as text", async () => {
  const result = await bench({ ...job, growth: true }, [
    pretender("peer", 900, right),
    pretender("glimpse", 300, right),
  ]);
  const html = htmlReport(result);
  expect(html).toContain("a &lt;model&gt;");
  expect(html).not.toMatch(/<script|<link|src=|@import|url\(/);
  expect(html.match(/<svg/g)).toHaveLength(1 + result.growth.length);
  expect(result.growth.map(({ name }) => name)).toEqual(["resolution", "tokens", "beams", "batch"]);
  expect(html).toContain("<td>glimpse fp32</td><td>4.00</td><td>8.00</td><td>16.00</td><td>32.00</td>");
  expect(tables(result)).toContain("4.00 images/s");
  const others = [{ name: "another <library>", load: 5, first: 70, ms: spread([60, 61]) }];
  expect(htmlReport({ ...result, others })).toContain(
    "no ratio: another &lt;library&gt;, load 5 ms, first caption 70 ms",
  );
  expect(tables({ ...result, others })).toMatch(
    /so no ratio +load +first caption +caption\nanother <library> +5 ms +70 ms +61 ms/,
  );
  expect(html).not.toMatch(/NaN|undefined(?!")/);
});
