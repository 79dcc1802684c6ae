// A GPU device that is lost before, during and between the steps of a call: the call gives the same ids on the next device,
// or a typed error where there is none. The loss is provoked with device.destroy().

import type { BackendPlugin } from "@glimpsejs/backend";
import { type WebGpuBackend, webgpu } from "@glimpsejs/backend-webgpu";
import { bind, type Git } from "@glimpsejs/core";
import { demoSamples } from "@glimpsejs/demo-model";
import { loadImage } from "@glimpsejs/processor/node";
import { afterEach, describe, expect, test, vi } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import { fakeGpu } from "../../backend-webgpu/test/fake-gpu.ts";
import type { GitForCausalLM } from "../src/index.ts";
import { caseFolder, glimpse, somePixels, testPlatform } from "./support.ts";

// Every device compiles its kernels anew, a second each on the software adapter.
vi.setConfig({ testTimeout: 300_000 });

const plugin = webgpu({ selfTest: false, prepare: false });
const pixelValues = somePixels(1, 3, 32, 32);
const inputs = { pixelValues, inputIds: [[1, 30]], maxNewTokens: 5, eosTokenId: null };

describe.skipIf(noGpu !== undefined)(`a lost device${noGpu === undefined ? "" : ` (skipped: ${noGpu})`}`, () => {
  let backend: WebGpuBackend;
  /** Called before every run of a graph. */
  let beforeRun: (graph: string, run: number) => void = () => {};
  let model: GitForCausalLM | undefined;

  const watched: BackendPlugin = {
    ...plugin,
    async open() {
      backend = await plugin.open();
      return {
        name: backend.name,
        dtypes: backend.dtypes,
        upload: (value) => backend.upload(value),
        dispose: () => backend.dispose(),
        async compile(graphs, weights, signal) {
          const program = await backend.compile(graphs, weights, signal);
          let runs = 0;
          return {
            graphs: program.graphs,
            run(graph, feeds, outputs) {
              beforeRun(graph, runs++);
              return program.run(graph, feeds, outputs);
            },
            dispose: () => program.dispose(),
          };
        },
      };
    },
  };

  async function open(): Promise<GitForCausalLM> {
    model ??= await glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), { backend: watched });
    return model;
  }

  afterEach(() => {
    beforeRun = () => {};
  });

  test("before, during and between steps: identical ids, on a new device each time", async () => {
    const git = await open();
    const { generated, logProbs } = await git.generate(inputs);
    const first = backend.device;

    backend.device.destroy();
    expect((await git.generate(inputs)).generated).toEqual(generated);
    expect(backend.device).not.toBe(first);

    // In the middle of decoding: run 0 is the image encoder, 1 the prefill.
    const device = backend.device;
    let runs = 0;
    beforeRun = () => {
      if (runs++ === 3) device.destroy();
    };
    const again = await git.generate(inputs);
    expect(again.generated).toEqual(generated);
    for (const [i, value] of (again.logProbs[0] ?? []).entries()) expect(value).toBeCloseTo(logProbs[0]?.[i] ?? 0, 4);
    expect(backend.device).not.toBe(device);
    beforeRun = () => {};

    const steps: (readonly number[])[] = [];
    for await (const { sequences } of git.generateSteps(inputs)) {
      steps.push([...(sequences[0]?.tokens ?? [])]);
      if (steps.length === 2) backend.device.destroy();
    }
    // Every step once, as if nothing had happened.
    expect(steps).toEqual([1, 2, 3, 4, 5].map((n) => generated[0]?.slice(0, n)));
  });

  test("twice within one call: a typed error, nothing of the call is left, and the next call is right", async () => {
    const git = await open();
    const { generated } = await git.generate(inputs);
    const { tensorBytes } = backend.counters;
    let runs = 0;
    // At run 3, in decoding; the call begins again with the image encoder at run 4 and decodes at run 7.
    beforeRun = () => {
      if ([3, 7].includes(runs++)) backend.device.destroy();
    };
    const advice = "Call again: the device is opened anew.";
    const call = git.generate(inputs);
    await expect(call).rejects.toMatchObject({ code: "device-lost", message: expect.stringContaining(advice) });
    expect(runs).toBe(7 + 1);
    beforeRun = () => {};
    expect((await git.generate(inputs)).generated).toEqual(generated);
    expect(backend.counters.tensorBytes).toBe(tensorBytes);
  });

  test("while the host runs ahead: steps that nobody has read are lost too, and the ids are identical", async () => {
    const git = await open();
    const { generated } = await git.generate(inputs);
    const { device } = backend;
    let runs = 0;
    // Run 0 is the image encoder, 1 the prefill, 2 and 3 are steps.
    beforeRun = () => {
      if (runs++ === 3) device.destroy();
    };
    expect((await git.generate({ ...inputs, runAhead: 3 })).generated).toEqual(generated);
    expect(backend.device).not.toBe(device);
  });

  test("a trunk is made again, for beams as well", async () => {
    const git = await open();
    const { inputIds, maxNewTokens } = inputs;
    const trunk = await git.encode(pixelValues);
    const search = { trunk, inputIds, maxNewTokens, numBeams: 3 };
    const { sequences } = await git.generate(search);
    backend.device.destroy();
    expect((await git.generate(search)).sequences).toEqual(sequences);
    trunk.dispose();
  });

  test("a device that was handed in is not opened anew: a typed error, never zeros", async () => {
    const opener = await plugin.open();
    const { device } = opener;
    const own = await glimpse.GitForCausalLM.fromPretrained(caseFolder("generate-image"), {
      backend: webgpu({ device, selfTest: false, prepare: false }),
    });
    await own.generate(inputs);
    device.destroy();
    await expect(own.generate(inputs)).rejects.toMatchObject({ code: "device-lost" });
    await expect(own.generate(inputs)).rejects.toThrow("Open a backend on a new device; this one was handed in.");
    await own.dispose();
    await opener.dispose();
  });

  test("dispose() gives back every byte", async () => {
    await model?.dispose();
    expect(backend.counters.bytes).toBe(0);
    expect(backend.counters.tensorBytes).toBe(0);
  });
});

describe("a device that computes nothing is lost twice within one call", () => {
  /** What a call gives whose device is lost at these of its submits, counted over all devices; a failed call is repeated. */
  async function calling(call: (git: Git, picture: URL) => Promise<unknown>, lostAt: readonly number[]) {
    let submits = 0;
    let losses: readonly number[] = [];
    const fake = fakeGpu({
      gives: 7, // no token that ends a text
      on(event, device) {
        if (event === "submit" && losses.includes(submits++)) device.lose();
      },
    });
    const backend = () => webgpu({ gpu: fake.gpu, selfTest: false, prepare: false });
    const git = await bind(testPlatform({ backend, picture: (input) => loadImage(input as URL) })).load();
    const picture = new URL("pictures/02.png", demoSamples);
    submits = 0;
    losses = lostAt;
    try {
      await call(git, picture);
      return { error: undefined, devices: fake.devices.length };
    } catch (error) {
      losses = [];
      await call(git, picture);
      return { error, devices: fake.devices.length };
    } finally {
      await git.dispose();
    }
  }

  const lost = {
    code: "device-lost",
    message: "GPU device: it was lost (gone). Call again: the device is opened anew.",
  };
  const five = { maxNewTokens: 5 };

  // Submit 0 is the image encoder, 1 the first run of the decoder, then a step each; after a loss they begin again.
  test.each<[string, number[], (git: Git, picture: URL) => Promise<unknown>]>([
    ["caption(), in a step each time", [3, 7], (git, picture) => git.caption(picture, five)],
    ["caption(), in a step and as it begins again", [3, 5], (git, picture) => git.caption(picture, five)],
    ["caption() with beams", [2, 5], (git, picture) => git.caption(picture, { ...five, numBeams: 3 })],
    ["answer()", [2, 5], (git, picture) => git.answer(picture, "what is it?", five)],
    [
      "stream()",
      [3, 7],
      async (git, picture) => {
        for await (const _ of git.stream(picture, five));
      },
    ],
  ])("%s: a typed error, and the next call works", async (_, lostAt, call) => {
    const { error, devices } = await calling(call, lostAt);
    expect(error).toMatchObject(lost);
    expect(devices).toBe(3);
  });

  test("once is survived", async () => {
    const { error, devices } = await calling((git, picture) => git.caption(picture, five), [3]);
    expect(error).toBeUndefined();
    expect(devices).toBe(2);
  });
});
