// Live sources: the newest frames win, every frame is encoded once, and everything is closed.
import { fileURLToPath } from "node:url";
import { GlimpseError } from "@glimpsejs/base";
import { Git, type LiveText } from "@glimpsejs/core";
import { demoCheckpoints } from "@glimpsejs/demo-model";
import { expect, test } from "vitest";
import { countingBackend, testPlatform } from "./support.ts";

const folder = fileURLToPath(demoCheckpoints.clipCaptions);
const options = { maxNewTokens: 2 };

/** A frame that must be closed, as a VideoFrame must. */
class Frame {
  static open = 0;
  readonly width = 24;
  readonly height = 24;
  readonly data: Uint8Array;
  private isOpen = true;

  constructor(shade: number) {
    Frame.open++;
    this.data = Uint8Array.from({ length: 24 * 24 * 3 }, (_, i) => (i * (shade + 3)) % 256);
  }

  close(): void {
    if (this.isOpen) Frame.open--;
    this.isOpen = false;
  }
}

/** A source that gives frames when it is told to, as a camera does. */
function camera() {
  const waiting: Frame[] = [];
  let wake: (() => void) | undefined;
  let state: "on" | "off" | "broken" = "on";
  let count = 0;
  const returned = { value: false };
  const set = (next: typeof state) => () => {
    state = next;
    wake?.();
  };
  return {
    returned,
    shoot(frames = 1) {
      for (let i = 0; i < frames; i++) waiting.push(new Frame(count++));
      wake?.();
    },
    off: set("off"),
    broken: set("broken"),
    [Symbol.asyncIterator](): AsyncIterator<Frame> {
      return {
        async next() {
          while (waiting.length === 0 && state === "on") {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          const value = waiting.shift();
          if (value !== undefined) return { done: false, value };
          if (state === "broken") throw new Error("unplugged");
          return { done: true, value: undefined };
        },
        async return() {
          returned.value = true;
          return { done: true, value: undefined };
        },
      };
    },
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("each text is about the newest frames; each frame is encoded once, and as in a clip", async () => {
  const { plugin, runs } = countingBackend();
  await using git = await Git.load(testPlatform(), folder, { backend: plugin });
  const source = camera();
  source.shoot();
  const texts: LiveText[] = [];
  for await (const text of git.stream(source, { ...options, window: 3 })) {
    texts.push(text);
    if (texts.length < 5) source.shoot();
    else source.off();
  }
  expect(texts.map(({ frames }) => frames)).toEqual([[0], [0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4]]);
  expect(runs["vision"]).toBe(5);
  expect(Frame.open).toBe(0);
  const window = await git.caption({ frames: [2, 3, 4].map((shade) => new Frame(shade)) }, options);
  expect(texts[4]).toMatchObject({ text: window.text, tokens: window.tokens });
  expect(texts[4]?.logProb).toBeCloseTo(window.logProb, 5);
  Frame.open = 0;
});

test("frames that come while the model works are passed over, but for the newest", async () => {
  const { plugin, runs } = countingBackend();
  await using git = await Git.load(testPlatform(), folder, { backend: plugin });
  const source = camera();
  source.shoot();
  const seen: [readonly number[], number][] = [];
  for await (const { frames, skipped } of git.stream(source, { ...options, window: 2 })) {
    seen.push([frames, skipped]);
    if (seen.length === 1) source.shoot(7);
    else source.off();
    await settled();
  }
  expect(seen).toEqual([
    [[0], 0],
    [[0, 7], 6],
  ]);
  expect(runs["vision"]).toBe(2);
  expect(Frame.open).toBe(0);
});

test("leaving the loop ends the source and closes what was not seen", async () => {
  await using git = await Git.load(testPlatform(), folder);
  const source = camera();
  source.shoot();
  for await (const { frames } of git.stream(source, options)) {
    expect(frames).toEqual([0]);
    source.shoot(3);
    await settled();
    break;
  }
  source.shoot();
  await settled();
  expect(source.returned.value).toBe(true);
  expect(Frame.open).toBe(0); // not even the one that came afterwards
});

test("a source that breaks gives its error after its last text; one that is silent can be aborted", async () => {
  await using git = await Git.load(testPlatform(), folder);
  const source = camera();
  source.shoot();
  const stream = git.stream(source, { ...options, question: "what is this?" });
  expect((await stream.next()).done).toBe(false);
  source.broken();
  await expect(stream.next()).rejects.toThrow("unplugged");
  const controller = new AbortController();
  const silent = git.stream(camera(), { ...options, signal: controller.signal });
  setTimeout(() => controller.abort(), 5);
  await expect(silent.next()).rejects.toMatchObject({ code: "aborted" });
  expect(Frame.open).toBe(0);
});

test("what is impossible is refused before a frame is taken", async () => {
  await using git = await Git.load(testPlatform(), folder);
  const untouched: AsyncIterable<unknown> = {
    [Symbol.asyncIterator]() {
      throw new Error("it was touched");
    },
  };
  for (const window of [0, 7, 1.5, Number.NaN]) {
    await expect(git.stream(untouched, { window }).next()).rejects.toThrow('option "window": it is out of range');
  }
  const unknown: object = { windows: 2 };
  await expect(git.stream(untouched, unknown).next()).rejects.toThrow(GlimpseError);
  await using stills = await Git.load(testPlatform());
  await expect(stills.stream(untouched).next()).rejects.toThrow(/This checkpoint is for still pictures/);
});
