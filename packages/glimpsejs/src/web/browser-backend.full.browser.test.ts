// What load() takes in a browser with a graphics card: SwiftShader under another name, half a minute of shaders.
import { sampleFiles } from "@glimpsejs/demo-model/samples";
import { expect, test, vi } from "vitest";
import { load } from "./index.ts";

vi.setConfig({ testTimeout: 600_000 });

test("a GPU comes first", async () => {
  const { gpu } = navigator;
  const adapter = await gpu.requestAdapter();
  if (adapter === null) expect.fail("SwiftShader is missing");
  // The same adapter under the name of a graphics card.
  const card = new Proxy(adapter, {
    get(target, key) {
      if (key === "info") return { vendor: "test", architecture: "", device: "", description: "a card" };
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  vi.spyOn(gpu, "requestAdapter").mockResolvedValue(card);
  await using git = await load();
  expect(git.backend).toEqual({ name: "webgpu", passedOver: [] });
  expect((await git.caption(sampleFiles["pictures/02.png"])).text).toBe("a book on a white background");
});
