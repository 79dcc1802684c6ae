// The backends of the playground's worker: one that computes wrong is not opened.
import * as ort from "onnxruntime-web/wasm";
import { afterEach, expect, test, vi } from "vitest";
import { plugin } from "./backends.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("F37: onnxruntime-web that computes wrong is refused, although it was chosen by name", async () => {
  const { create } = ort.InferenceSession;
  // Its second signature, with a path in place of bytes, is not used.
  const spy = vi.spyOn(ort.InferenceSession, "create") as unknown as { mockImplementation(made: unknown): void };
  spy.mockImplementation(async (model: Uint8Array, options: ort.InferenceSession.SessionOptions) => {
    const session = await create.call(ort.InferenceSession, model, options);
    const { run } = session;
    session.run = (async (...call: Parameters<typeof run>) => {
      const results = await run.apply(session, call);
      for (const { data } of Object.values(results)) if (data instanceof Float32Array) data.fill(0.5);
      return results;
    }) as typeof run;
    return session;
  });
  const chosen = plugin("ort-wasm");
  await expect(chosen.open()).rejects.toMatchObject({
    code: "backend-unavailable",
    message: expect.stringMatching(/self-test of backend "ort-web-wasm"/),
  });
  vi.restoreAllMocks();
  await (await chosen.open()).dispose();
});
