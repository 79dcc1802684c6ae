// Group G, 41: a clock on the wall that jumps, and a thread that was kept busy or asleep, change no text.
import { bind } from "@glimpsejs/core";
import { type Picture, toPicture } from "@glimpsejs/processor";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { testPlatform } from "./support.ts";

const photo: Picture = { width: 8, height: 8, data: Uint8Array.from({ length: 192 }, (_, i) => (i * 37) % 256) };
const hour = 3_600_000;

const { load } = bind(testPlatform({ picture: async (input) => toPicture(input as Picture) }));
let git: Awaited<ReturnType<typeof load>>;
let usual: string;

beforeAll(async () => {
  git = await load();
  usual = (await git.caption(photo, { maxNewTokens: 6 })).text;
});
afterAll(() => git.dispose());
afterEach(() => void vi.restoreAllMocks());

test.each([hour, -hour])("G41: a clock that jumps by %i ms within a call does not end it", async (jump) => {
  const now = Date.now();
  let steps = 0;
  const logitsProcessors = [() => void vi.spyOn(Date, "now").mockImplementation(() => now + ++steps * jump)];
  const { text } = await git.caption(photo, { maxNewTokens: 6, maxTime: 60, logitsProcessors });
  expect(text).toBe(usual);
});

test("G41: a clock that stands still does not keep maxTime from ending a call", async () => {
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now);
  const block = () => {
    for (const start = performance.now(); performance.now() - start < 5; );
  };
  const { text } = await git.caption(photo, { maxNewTokens: 6, maxTime: 0.001, logitsProcessors: [block] });
  expect(usual.startsWith(text)).toBe(true);
  expect(text.length).toBeLessThan(usual.length);
});

test("G41: a callback that keeps the thread busy changes nothing", async () => {
  const block = () => {
    for (const start = performance.now(); performance.now() - start < 50; );
  };
  expect((await git.caption(photo, { maxNewTokens: 6, logitsProcessors: [block] })).text).toBe(usual);
});
