// What the bench prints, and what it refuses to print, on runners that only pretend to measure.
import { readdirSync, readFileSync } from "node:fs";
import { presetConfig } from "@glimpsejs/config";
import { weightBytes } from "@glimpsejs/core";
import { expect, test } from "vitest";
import { job, pretender, right } from "../test/pretender.ts";
import { bench } from "./bench.ts";
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

test("times, shares and ratios, measured after warming up", async () => {
  const result = await bench(job, [pretender("peer", 900, right), pretender("glimpse", 300, right)]);
  const [peer, ours] = result.runners;
  expect(peer?.scenarios.caption?.ms).toEqual({ median: 911, min: 910, max: 912, runs: 3 });
  expect(ours?.first).toBe(300);
  expect(ours?.scenarios.caption).toMatchObject({ agreement: 1, hostPerToken: 1, hostPerTokenOfAll: 1, cores: 1 });
  expect(ours?.scenarios.caption?.speedup).toBeCloseTo(911 / 311);
  expect(tables(result).split("\n\n").slice(1).join("\n\n")).toMatchInlineSnapshot(`
    "               load  first caption  memory then  of its weights  at the end  of fp32 weights
    peer fp32     50 ms         900 ms      1100 MB               –     1100 MB            1.10×
    glimpse fp32  50 ms         300 ms      1100 MB           1.56×     1100 MB                –

    caption         time           cores    token  host/step  host/token  same ids  of roofline  vs peer
    peer fp32     911 ms  910–912   1.00  90.0 ms    1.00 ms     1.00 ms     100 %          6 %    1.00×
    glimpse fp32  311 ms  310–312   1.00  30.0 ms    1.00 ms     1.00 ms     100 %         17 %    2.93×"
  `);
  expect(result.notes).toEqual([]);
});

test("the first time that a scenario is run is not counted, of peers neither", async () => {
  const kinds = ["peer", "glimpse"] as const;
  const runners = kinds.map((kind) => {
    const ran = new Set<string>();
    const { ask, ...runner } = pretender(kind, 300, right, { dtype: "int8" });
    const slowAtFirst = async (request: Request) => {
      const answer = await (ask as (request: Request) => Promise<Opened | Timed | number>)(request);
      if (typeof answer === "number" || !("ids" in answer)) return answer;
      const key = JSON.stringify(request);
      const ms = ran.has(key) ? 100 : 5000;
      ran.add(key);
      return { ...answer, ms };
    };
    return { ...runner, ask: slowAtFirst as Runner["ask"] };
  });
  const scenarios = ["caption", "beam4", "questions10"] as const;
  const rows = { caption: [right], beam4: [right], questions10: [right] };
  const result = await bench({ ...job, scenarios, expected: rows }, runners);
  for (const { first, scenarios: timed } of result.runners) {
    expect(first).toBe(5000);
    for (const { ms } of Object.values(timed)) expect(ms).toEqual({ median: 100, min: 100, max: 100, runs: 3 });
  }
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
  expect(int8?.scenarios.caption?.ms?.median).toBe(111);
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
  expect(fast.runners[1]?.scenarios.caption?.speedup).toBeCloseTo(911 / 311);
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

/** A runner that starts again as those of `fresh`, one after the other; `open` is how many of them are. */
function startingAgain(runner: Runner, fresh: readonly Runner[]) {
  const seen = { started: 0, open: 0, mostOpen: 0 };
  const again = () => {
    const next = fresh[seen.started++];
    if (next === undefined) throw new Error("no process left");
    seen.mostOpen = Math.max(seen.mostOpen, ++seen.open);
    const close = () => {
      seen.open--;
      next.close();
    };
    return { ...next, close };
  };
  return { runner: { ...runner, again }, seen };
}

test("a model of ours is started again by three processes, one after the other, and judged by a caption and its file", async () => {
  const fresh = [0, 250, 650, 150].map((ms) => pretender("glimpse", ms, right));
  const { runner, seen } = startingAgain(pretender("glimpse", 300, right), fresh);
  const rates = { gemm: 1e12, memory: 1e11, read: 1e10 };
  const result = await bench({ ...job, rates }, [pretender("peer", 900, right), runner]);
  expect(seen).toEqual({ started: 4, open: 0, mostOpen: 1 });
  const [peer, ours] = result.runners;
  expect(peer).not.toHaveProperty("secondStart");
  expect(ours).toMatchObject({ baseRss: 1e8, weightBytes: weightBytes(presetConfig("git-base"), "fp32") });
  // A warm caption takes 311 ms, 706 MB of the file 71.
  expect(ours?.secondStart).toEqual({
    load: { median: 50, min: 50, max: 50, runs: 3 },
    first: { median: 250, min: 150, max: 650, runs: 3 },
    total: { median: 300, min: 200, max: 700, runs: 3 },
    ofWarmAndFile: expect.closeTo(300 / (311 + 70.6), 2),
  });
  expect(tables(result).split("\n\n").slice(1, 3).join("\n\n")).toMatchInlineSnapshot(`
    "               load  first caption  memory then  of its weights  without Node and runtime  at the end  of fp32 weights
    peer fp32     50 ms         900 ms      1100 MB               –                         –     1100 MB            1.10×
    glimpse fp32  50 ms         300 ms      1100 MB           1.56×                     1.42×     1100 MB                –

    second start   load  first caption   total  of warm + file
    glimpse fp32  50 ms         250 ms  300 ms           0.79×"
  `);
  const html = htmlReport(result);
  expect(html).toContain("<td>glimpse fp32</td><td>50 ms</td><td>250 ms</td><td>300 ms</td><td>0.79×</td>");
  expect(html).toContain("10.0 GB/s from a file measured");
  expect(tables(result)).toContain("measured rates: 1000 GFLOP/s, 100.0 GB/s, 10.0 GB/s from a file\n");
  // Without the file's rate, or without its cores, a caption is nothing to judge by.
  for (const [unjudged, cores] of [
    [job, 1],
    [{ ...job, rates }, 0.4],
  ] as const) {
    const processes = fresh.map((_, ms) => pretender("glimpse", ms, right));
    const { runner: again } = startingAgain(pretender("glimpse", 300, right, { cores }), processes);
    expect(tables(await bench(unjudged, [again]))).toMatch(/second start .*\nglimpse fp32 +50 ms +2 ms +52 ms +–\n/);
  }
});

test("what cannot be started again is noted, and a start with wrong ids has no time", async () => {
  const ended = pretender("glimpse", 1, right);
  ended.close();
  const broken = startingAgain(pretender("glimpse", 300, right), [pretender("glimpse", 1, right), ended]);
  const wrong = startingAgain(
    pretender("glimpse", 300, right),
    [1, 2].map((ms) => pretender("glimpse", ms, [101, 7, 9])),
  );
  const without = startingAgain(pretender("glimpse", 300, right), []);
  const result = await bench(job, [broken.runner, wrong.runner, without.runner]);
  expect(result.runners.map(({ baseRss, secondStart }) => [baseRss, secondStart])).toEqual([
    [1e8, undefined],
    [1e8, undefined],
    [undefined, undefined],
  ]);
  expect(result.notes).toEqual([
    "glimpse fp32, second start: not measured: closed",
    expect.stringMatching(/^glimpse fp32, second start: not measured: WRONG IDS {2}its first caption, row 0/),
    "glimpse fp32, memory without a model: not measured: no process left",
    "glimpse fp32, second start: not measured: no process left",
  ]);
  expect([broken.seen.open, wrong.seen.open]).toEqual([0, 0]);
});

test("results from before all of this was measured are shown as they were", async () => {
  const result = await bench(job, [pretender("peer", 900, right), pretender("glimpse", 300, right)]);
  const old = { ...result, runners: result.runners.map(({ weightBytes: _, ...runner }) => runner) };
  expect(tables(old)).toMatch(/ +load +first caption +memory then +at the end +of fp32 weights\n/);
  expect(tables(old)).not.toContain("second start");
  expect(htmlReport(old)).not.toMatch(/Second start|<th>of its weights|NaN/);
  const folder = new URL("../results/", import.meta.url);
  for (const file of readdirSync(folder)) {
    const recorded = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
    if (!Array.isArray(recorded.runners)) continue;
    expect(`${tables(recorded)}${htmlReport(recorded)}`).not.toMatch(/NaN|undefined/);
  }
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
