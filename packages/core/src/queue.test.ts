// Order, failures and signals of the queue, without a model.
import { describe, expect, test } from "vitest";
import { Queue } from "./queue.ts";

/** A task that ends when it is told to, and says when it begins. */
function controlled(log: string[], name: string) {
  let resolve = (_: string): void => undefined;
  let reject = (_: unknown): void => undefined;
  const promise = new Promise<string>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  const task = () => {
    log.push(name);
    return promise;
  };
  return { task, end: () => resolve(name), fail: (error: unknown) => reject(error) };
}

describe("Queue", () => {
  test("runs one task at a time, in the order of the calls, whatever becomes of them", async () => {
    const queue = new Queue();
    const log: string[] = [];
    const [a, b, c] = [controlled(log, "a"), controlled(log, "b"), controlled(log, "c")];
    const results = [queue.run(a.task), queue.run(b.task), queue.run(c.task)];
    const settled = Promise.allSettled(results);
    c.end();
    await new Promise((resolve) => setTimeout(resolve));
    expect(log).toEqual(["a"]);
    a.end();
    await results[0];
    b.fail(new Error("b failed"));
    expect((await settled).map((r) => (r.status === "fulfilled" ? r.value : String(r.reason)))).toEqual([
      "a",
      "Error: b failed",
      "c",
    ]);
    expect(log).toEqual(["a", "b", "c"]);
  });

  test("a task that throws before it returns a promise fails alone", async () => {
    const queue = new Queue();
    const thrown = queue.run(() => {
      throw new Error("at once");
    });
    const next = queue.run(async () => 1);
    await expect(thrown).rejects.toThrow("at once");
    expect(await next).toBe(1);
  });

  test("a waiting task that is aborted rejects at once and never runs; the next one waits for the running", async () => {
    const queue = new Queue();
    const log: string[] = [];
    const [a, b, c] = [controlled(log, "a"), controlled(log, "b"), controlled(log, "c")];
    const controller = new AbortController();
    const running = queue.run(a.task);
    const waiting = queue.run(b.task, controller.signal);
    const last = queue.run(c.task);
    controller.abort("enough");
    await expect(waiting).rejects.toMatchObject({ code: "aborted", cause: "enough" });
    expect(log).toEqual(["a"]);
    a.end();
    c.end();
    expect(await Promise.all([running, last])).toEqual(["a", "c"]);
    expect(log).toEqual(["a", "c"]);
  });

  test("a running task is not cut off by its signal: stopping is its own business", async () => {
    const queue = new Queue();
    const log: string[] = [];
    const a = controlled(log, "a");
    const controller = new AbortController();
    const running = queue.run(a.task, controller.signal);
    await Promise.resolve().then(() => undefined);
    expect(log).toEqual(["a"]);
    controller.abort();
    a.end();
    expect(await running).toBe("a");
  });
});
