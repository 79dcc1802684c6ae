// Group G: calls that are aborted at any point, consumers that throw, stop or never read, models disposed under a call,
// and many calls after one another. Whatever happens, nothing stays on the device and the next call works.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ortNode } from "@glimpsejs/backend-ort-node";
import { GlimpseError } from "@glimpsejs/base";
import { bind, type Git, type Platform } from "@glimpsejs/core";
import { type Picture, toPicture } from "@glimpsejs/processor";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { caseFolder, countingBackend, glimpse, picture, somePixels, testPlatform } from "./support.ts";

const isAborted = (error: unknown) => GlimpseError.isInstance(error, "aborted");
const isDisposed = (error: unknown) => GlimpseError.isInstance(error, "disposed");

const photo: Picture = { width: 8, height: 8, data: Uint8Array.from({ length: 192 }, (_, i) => (i * 37) % 256) };
const short = { maxNewTokens: 4 };

/** A platform whose decoder of pictures and whose backend say when they are used; `at(n)` runs before the n-th use. */
function watchedPlatform(): { platform: Platform; live: ReadonlySet<unknown>; hook: { at: (use: number) => void } } {
  const hook = { at: (_: number): void => undefined };
  let uses = 0;
  const { plugin, live } = countingBackend(ortNode());
  const used = () => hook.at(uses++);
  const platform = testPlatform({
    picture: async (input) => {
      used();
      return toPicture(input as Picture);
    },
    backend: () => ({
      ...plugin,
      async open() {
        const backend = await plugin.open();
        const compile: typeof backend.compile = async (...args) => {
          const program = await backend.compile(...args);
          const run: typeof program.run = (...call) => {
            used();
            return program.run(...call);
          };
          return { graphs: program.graphs, run, dispose: () => program.dispose() };
        };
        return {
          name: backend.name,
          dtypes: backend.dtypes,
          compile,
          upload: (value) => backend.upload(value),
          dispose: () => backend.dispose(),
        };
      },
    }),
  });
  return {
    platform,
    live,
    hook: {
      get at() {
        return hook.at;
      },
      set at(callback) {
        uses = 0;
        hook.at = callback;
      },
    },
  };
}

const { platform, live, hook } = watchedPlatform();
let git: Git;
let usual: string;

beforeAll(async () => {
  git = await bind(platform).load();
  usual = (await git.caption(photo, short)).text;
});
afterAll(() => git.dispose());
afterEach(async () => {
  hook.at = () => undefined;
  expect(live.size).toBe(0);
  expect((await git.caption(photo, short)).text).toBe(usual);
  expect(live.size).toBe(0);
});

async function drained(stream: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}

describe("G38: aborting", () => {
  type SignalCall = (signal: AbortSignal) => Promise<unknown>;
  const calls: readonly [string, SignalCall][] = [
    ["caption()", (signal) => git.caption(photo, { ...short, signal })],
    ["caption() with beams", (signal) => git.caption(photo, { ...short, numBeams: 3, signal })],
    ["caption() of several", (signal) => git.caption([photo, photo], { ...short, signal })],
    ["answer()", (signal) => git.answer(photo, ["what is this?", "where?"], { ...short, signal })],
    ["stream()", (signal) => drained(git.stream(photo, { ...short, signal }))],
    ["score()", (signal) => git.score(photo, ["a cat", "a dog"], { signal })],
    ["classify()", (signal) => git.classify(photo, ["a cat", "a dog"], { signal })],
    ["explain()", (signal) => git.explain(photo, { ...short, signal })],
    ["encode()", async (signal) => (await git.encode(photo, { signal })).dispose()],
  ];

  test.each(calls)("G38: %s at every decode of a picture and every run of a graph", async (_, call) => {
    await expect(call(AbortSignal.abort("at once"))).rejects.toSatisfy(isAborted);
    let points = 0;
    for (let aborted = true; aborted; points++) {
      const controller = new AbortController();
      let reached = false;
      hook.at = (use) => {
        if (use !== points) return;
        reached = true;
        controller.abort(new Error("enough"));
        controller.abort(); // twice
      };
      const outcome = await call(controller.signal).catch((error: unknown) => error);
      aborted = reached;
      // A call may be done by the time that it looks at the signal again; what it never does is fail otherwise.
      if (outcome instanceof Error) expect(outcome).toSatisfy(isAborted);
      expect(live.size).toBe(0);
    }
    expect(points).toBeGreaterThan(2); // the picture, the encoder, …
  });

  test("G38: in a callback, and after the end", async () => {
    const controller = new AbortController();
    const call = git.caption(photo, {
      ...short,
      signal: controller.signal,
      logitsProcessors: [() => controller.abort()],
    });
    await expect(call).rejects.toSatisfy(isAborted);
    const late = new AbortController();
    await git.caption(photo, { ...short, signal: late.signal });
    late.abort();
  });

  test("G38: one of several calls, the others go on", async () => {
    const controllers = Array.from({ length: 6 }, () => new AbortController());
    const results = controllers.map(({ signal }) => git.caption(photo, { ...short, signal }));
    for (const i of [0, 2, 5]) controllers[i]?.abort();
    const settled = await Promise.allSettled(results);
    expect(settled.map(({ status }) => status)).toEqual([
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
      "rejected",
    ]);
    for (const outcome of settled) {
      if (outcome.status === "fulfilled") expect(outcome.value.text).toBe(usual);
      else expect(outcome.reason).toSatisfy(isAborted);
    }
  });

  test("G38: a thousand times leaves nothing behind", async () => {
    using trunk = await git.encode(photo);
    await git.caption(trunk, short);
    const kept = live.size; // the trunk
    for (let i = 0; i < 1000; i++) {
      const controller = new AbortController();
      const call = git.caption(trunk, {
        ...short,
        signal: controller.signal,
        logitsProcessors: [() => controller.abort()],
      });
      await expect(call).rejects.toSatisfy(isAborted);
    }
    expect(live.size).toBe(kept);
  });
});

describe("G39: consumers", () => {
  test("G39: one that throws in the loop gets its own error", async () => {
    const boom = new Error("the reader is broken");
    const reading = (async () => {
      for await (const _ of git.stream(photo, short)) throw boom;
    })();
    await expect(reading).rejects.toBe(boom);
  });

  test("G39: one that never reads, or stops reading, keeps nobody waiting", async () => {
    const unread = git.stream(photo, short);
    const begun = git.stream(photo, short);
    await begun.next();
    expect((await git.caption(photo, short)).text).toBe(usual);
    await unread.return({ text: "", tokens: [], logProb: 0, score: 0 });
    await begun.return({ text: "", tokens: [], logProb: 0, score: 0 });
    expect(await begun.next()).toMatchObject({ done: true });
  });

  test("G39: one that generates in the loop, and in a callback", async () => {
    const inLoop: string[] = [];
    for await (const _ of git.stream(photo, short)) inLoop.push((await git.caption(photo, short)).text);
    expect(new Set(inLoop)).toEqual(new Set([usual]));
    let inner: Promise<{ readonly text: string }> | undefined;
    const callback = () => {
      inner ??= git.caption(photo, short);
    };
    await git.caption(photo, { ...short, logitsProcessors: [callback] });
    expect((await inner)?.text).toBe(usual);
  });

  test("G39: dispose() waits for every kind of call under way, and a stream ends with the piece it is at", async () => {
    const other = watchedPlatform();
    const doomed = await bind(other.platform).load();
    const stream = doomed.stream(photo, short);
    const unread = doomed.stream(photo, short);
    const calls = [
      doomed.caption(photo, short),
      doomed.explain(photo, short),
      doomed.encode(photo).then((trunk) => trunk.dispose()),
      doomed.classify(photo, ["a cat", "a dog"]),
      stream.next(),
    ];
    const disposed = doomed.dispose();
    await doomed.dispose(); // twice
    await disposed;
    await Promise.all(calls);
    await expect(stream.next()).rejects.toSatisfy(isDisposed);
    await expect(unread.next()).rejects.toSatisfy(isDisposed);
    for (const late of [
      doomed.caption(photo),
      doomed.explain(photo),
      doomed.encode(photo),
      doomed.score(photo, ["a cat"]),
    ])
      await expect(late).rejects.toSatisfy(isDisposed);
    expect(other.live.size).toBe(0);
  });
});

describe("G40: many calls", () => {
  const load = () => glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), { backend: ortNode() });
  const pixelValues = picture(somePixels(1, 3, 32, 32), 0);
  const calls = process.env["TEST_FULL"] === "1" ? 10_000 : 300;
  const loads = process.env["TEST_FULL"] === "1" ? 200 : 20;

  /** Bytes that the process holds once garbage is collected: how much of it is there otherwise is chance. */
  function held(): number {
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
    return process.memoryUsage().rss;
  }

  /** Bytes that the process holds more after `again` than before, once everything has happened for a first time. */
  async function growth(again: () => Promise<void>): Promise<number> {
    await again();
    const before = held();
    await again();
    return held() - before;
  }

  test("G40: captions after one another take no more memory", async () => {
    await using model = await load();
    const run = async () => {
      for (let i = 0; i < calls; i++) await model.generate({ pixelValues, maxNewTokens: 4 });
    };
    expect(await growth(run)).toBeLessThan(40e6);
  }, 400_000);

  test("G40: models loaded and disposed after one another take no more memory", async () => {
    const run = async () => {
      for (let i = 0; i < loads; i++) {
        await using model = await load();
        await model.generate({ pixelValues, maxNewTokens: 2 });
      }
    };
    expect(await growth(run)).toBeLessThan(40e6);
  }, 400_000);

  test("G40: streams that are left after a piece keep nothing on the device", async () => {
    for (let i = 0; i < 40; i++) for await (const _ of git.stream(photo, { maxNewTokens: 2 })) break;
    expect(live.size).toBe(0);
  });
});
