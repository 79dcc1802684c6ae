// A GPU device that is lost before, during and between the steps of a call: the call gives the same ids on the next device,
// or a typed error where there is none. The loss is provoked with device.destroy().

import type { BackendPlugin } from "@glimpsejs/backend";
import { type WebGpuBackend, webgpu } from "@glimpsejs/backend-webgpu";
import { afterEach, describe, expect, test, vi } from "vitest";
import { noGpu } from "../../../tooling/gpu/swiftshader.mjs";
import type { GitForCausalLM } from "../src/index.ts";
import { caseFolder, glimpse, somePixels } from "./support.ts";

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
