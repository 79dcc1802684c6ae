// Graphs that captions do not run are compiled when one of them is first run, or at once where programs would not share weights.
import type { Backend, BackendPlugin } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { expect, test } from "vitest";
import { caseFolder, glimpse, somePixels } from "./support.ts";

/** The reference backend, with the names of the graphs that each call of compile() got and of the programs disposed. */
function watched(sharesWeights?: boolean, refused: string[] = []) {
  const compiled: string[][] = [];
  const disposed: string[][] = [];
  const inner = reference();
  const plugin: BackendPlugin = {
    ...inner,
    async open() {
      const backend = await inner.open();
      const compile: Backend["compile"] = async (graphs, weights, signal) => {
        const names = Object.keys(graphs);
        compiled.push(names);
        if (names.some((name) => refused.includes(name))) throw new Error("refused");
        const program = await backend.compile(graphs, weights, signal);
        const dispose = async () => {
          disposed.push(names);
          await program.dispose();
        };
        return { graphs: program.graphs, run: (...args) => program.run(...args), dispose };
      };
      return { ...backend, upload: (v) => backend.upload(v), dispose: () => backend.dispose(), compile, sharesWeights };
    },
  };
  return { plugin, compiled, disposed, refused };
}

const folder = caseFolder("generate-image");
const pictures = { pixelValues: somePixels(1, 3, 32, 32) };
const captions = ["vision", "decoder"];
const later = ["visionInternals", "forward"];

test("captions compile two graphs; forward() compiles the others, once, and dispose() frees both programs", async () => {
  const { plugin, compiled, disposed } = watched();
  const model = await glimpse.GitForCausalLM.fromPretrained(folder, { backend: plugin });
  await model.generate(pictures);
  expect(compiled).toEqual([captions]);
  await model.forward({ ...pictures, inputIds: [[1, 5]] });
  await model.forward({ ...pictures, inputIds: [[1, 7]] });
  expect(compiled).toEqual([captions, later]);
  await model.dispose();
  expect(disposed.toSorted()).toEqual([later, captions].toSorted());
});

test("where programs would not share weights all graphs are compiled together", async () => {
  const { plugin, compiled } = watched(true);
  const model = await glimpse.GitForCausalLM.fromPretrained(folder, { backend: plugin });
  await model.forward({ ...pictures, inputIds: [[1, 5]] });
  expect(compiled).toEqual([[...captions, ...later]]);
  await model.dispose();
});

test("a model without a head is opened with forward(), the image encoder without what is inside it", async () => {
  const { plugin, compiled } = watched();
  const model = await glimpse.GitModel.fromPretrained(folder, { backend: plugin });
  const encoder = await glimpse.GitVisionModel.fromPretrained(folder, { backend: plugin });
  expect(compiled).toEqual([["vision", ...later], ["vision"]]);
  await Promise.all([model.dispose(), encoder.dispose()]);
});

test("what cannot be compiled is an error of the call that needs it, and the next call tries again", async () => {
  const { plugin, refused, compiled } = watched(false, ["forward"]);
  const model = await glimpse.GitForCausalLM.fromPretrained(folder, { backend: plugin });
  const call = { ...pictures, inputIds: [[1, 5]] };
  await expect(model.forward(call)).rejects.toThrow("refused");
  await model.generate(pictures);
  refused.length = 0;
  expect((await model.forward(call)).logits?.shape).toEqual([1, expect.any(Number), expect.any(Number)]);
  expect(compiled).toEqual([captions, later, later]);
  await model.dispose();
});
