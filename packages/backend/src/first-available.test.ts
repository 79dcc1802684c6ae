import { GlimpseError } from "@glimpsejs/base";
import { expect, test } from "vitest";
import type { Backend, BackendPlugin } from "./backend.ts";
import { firstAvailable } from "./first-available.ts";

/** A plugin that tells when it is asked and opened. */
function plugin(name: string, reason: string | undefined, log: string[] = []): BackendPlugin {
  return {
    name,
    async unavailable() {
      log.push(`ask ${name}`);
      return reason;
    },
    async open() {
      log.push(`open ${name}`);
      return { name } as Backend; // only the name is looked at
    },
  };
}

test("opens the first that is available and leaves the later ones alone", async () => {
  const log: string[] = [];
  const first = firstAvailable(
    plugin("gpu", "no adapter", log),
    plugin("wasm", undefined, log),
    plugin("js", undefined, log),
  );
  expect(first.name).toBe("first of gpu, wasm, js");
  expect(log).toEqual([]);
  expect(await first.unavailable()).toBeUndefined();
  expect((await first.open()).name).toBe("wasm");
  expect(log).toEqual(["ask gpu", "ask wasm", "ask gpu", "ask wasm", "open wasm"]);
});

test("says why none can be used", async () => {
  const none = firstAvailable(plugin("gpu", "no adapter"), plugin("native", "not installed"));
  expect(await none.unavailable()).toBe('backend "gpu": no adapter; backend "native": not installed');
  await expect(none.open()).rejects.toMatchObject({
    code: "backend-unavailable",
    message: '2 problems:\n  - backend "gpu": no adapter.\n  - backend "native": not installed.',
  });
});

test("no plugins at all are unavailable", async () => {
  expect(await firstAvailable().unavailable()).toBe("backends: no backend was given");
  await expect(firstAvailable().open()).rejects.toMatchObject({
    code: "backend-unavailable",
    message: "backends: no backend was given. Pass at least one.",
  });
});

test("passes over what cannot be opened after all, with its reason; any other error is thrown", async () => {
  const failing = (code: "backend-unavailable" | "backend"): BackendPlugin => ({
    ...plugin("gpu", undefined),
    open: () => Promise.reject(new GlimpseError({ subject: "gpu", problem: "it computes wrong" }, { code })),
  });
  expect((await firstAvailable(failing("backend-unavailable"), plugin("js", undefined)).open()).name).toBe("js");
  await expect(firstAvailable(failing("backend-unavailable")).open()).rejects.toThrow("gpu: it computes wrong.");
  await expect(firstAvailable(failing("backend"), plugin("js", undefined)).open()).rejects.toMatchObject({
    code: "backend",
  });
});

test("tells what it passed over, also of one inside another", async () => {
  const wrong: BackendPlugin = {
    ...plugin("wrong", undefined),
    open: () =>
      Promise.reject(new GlimpseError({ subject: "wrong", problem: "it is" }, { code: "backend-unavailable" })),
  };
  const told: string[] = [];
  const inner = firstAvailable(plugin("native", "not installed"), wrong, plugin("js", undefined));
  await firstAvailable(plugin("gpu", "no adapter"), inner).open(({ subject, problem }) => {
    told.push(`${subject}: ${problem}`);
  });
  expect(told).toEqual(['backend "gpu": no adapter', 'backend "native": not installed', "wrong: it is"]);
});

test("it nests, being a plugin itself", async () => {
  const inner = firstAvailable(plugin("gpu", "no adapter"));
  const outer = firstAvailable(inner, plugin("js", undefined));
  expect((await outer.open()).name).toBe("js");
});

test("estimates no more memory than the leanest of them needs", () => {
  const lean: BackendPlugin = { ...plugin("lean", undefined), estimateMemory: (bytes) => bytes };
  const fat: BackendPlugin = { ...plugin("fat", undefined), estimateMemory: (bytes) => 3 * bytes };
  expect(firstAvailable(fat, lean).estimateMemory?.(10)).toBe(10);
  expect(firstAvailable(fat, plugin("elsewhere", undefined)).estimateMemory?.(10)).toBe(0);
});
