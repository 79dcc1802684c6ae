import { afterEach, expect, test, vi } from "vitest";
import { Pace } from "./pace.ts";

afterEach(() => void vi.restoreAllMocks());

const block = (milliseconds: number) => {
  for (const start = performance.now(); performance.now() - start < milliseconds; );
};

test.each([-3_600_000, 3_600_000])(
  "G41: timers are heard while it computes, also when the clock jumps by %i ms",
  async (jump) => {
    const pace = new Pace();
    const now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => now + jump);
    let heard = false;
    setTimeout(() => {
      heard = true;
    });
    block(35);
    await pace.breathe();
    expect(heard).toBe(true);
  },
);

test("a turn is not given up before 30 ms are over", async () => {
  const pace = new Pace();
  let heard = false;
  setTimeout(() => {
    heard = true;
  });
  await pace.breathe();
  expect(heard).toBe(false);
});
