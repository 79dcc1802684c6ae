// `npm run bench:webgpu`: our WebGPU backend beside the WebGPU provider of onnxruntime, on the same adapter, the same graphs
// and weights, each measurement in a process of its own (two copies of Dawn do not get on in one). Prints medians and what can
// be counted; --out writes it as JSON, too.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { parseArgs, promisify } from "node:util";
import { adapterName, type Measured, measureOnnxRuntime, measureOurs } from "./webgpu/measure.ts";
import { checkSame, resultLine, type WebGpuResult } from "./webgpu/result.ts";
import { type ModelSize, scenariosOf } from "./webgpu/scenario.ts";

const { values: options } = parseArgs({
  options: {
    layers: { type: "string", default: "6" },
    "vision-layers": { type: "string", default: "12" },
    width: { type: "string", default: "768" },
    rounds: { type: "string", default: "20" },
    /** Only the scenarios whose name begins so. */
    only: { type: "string", default: "" },
    out: { type: "string" },
    // What a child process measures: the number of a scenario and who computes it.
    one: { type: "string" },
  },
});
const model: ModelSize = {
  width: Number(options.width),
  visionLayers: Number(options["vision-layers"]),
  layers: Number(options.layers),
};
const rounds = Number(options.rounds);
const scenarios = scenariosOf(model);

if (options.one === undefined) await compare();
else {
  const [index = "", side] = options.one.split(" ");
  const scenario = scenarios[Number(index)];
  if (scenario === undefined) throw new TypeError("there is no such scenario.");
  const measure = side === "glimpse" ? measureOurs : measureOnnxRuntime;
  console.log(JSON.stringify(side === "adapter" ? await adapterName() : await measure(scenario, rounds)));
}

async function compare(): Promise<void> {
  const adapter = await apart<string>(0, "adapter");
  const isSoftware = /swiftshader|llvmpipe/i.test(adapter);
  const { width, visionLayers, layers } = model;
  console.log(`${adapter}${isSoftware ? ", a program: its times say nothing about a GPU" : ""}`);
  console.log(`GIT ${width} wide, ${visionLayers} and ${layers} layers, float32, medians of ${rounds} rounds`);
  console.log(
    "Ours keeps the picture on the device and reads the chosen token; the binding of onnxruntime returns every output.\n",
  );
  const measured: WebGpuResult["scenarios"][number][] = [];
  for (const [i, { name }] of scenarios.entries()) {
    if (!name.startsWith(options.only)) continue;
    const glimpse = await apart<Measured | string>(i, "glimpse");
    console.log(resultLine(name, "glimpse", glimpse));
    const onnxruntime = await apart<Measured | string>(i, "onnxruntime");
    console.log(resultLine(name, "onnxruntime", onnxruntime));
    measured.push({ name, glimpse, onnxruntime });
  }
  const date = new Date().toISOString();
  const result: WebGpuResult = { schema: 1, date, adapter, isSoftware, model, rounds, scenarios: measured };
  checkSame(result);
  if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(result, undefined, 2)}\n`);
}

/** What a process of its own measures; a string where it failed, with the reason. */
async function apart<T>(scenario: number, side: "glimpse" | "onnxruntime" | "adapter"): Promise<T | string> {
  const [, file = ""] = process.argv;
  const child = [file, ...process.argv.slice(2), "--one", `${scenario} ${side}`];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, child);
    return JSON.parse(stdout.split("\n").at(-2) ?? "") as T;
  } catch (error) {
    const { signal, stderr } = error as { readonly signal?: string | null; readonly stderr?: string };
    if (signal !== undefined && signal !== null) return `it ended with ${signal}`;
    return stderr?.trim().split("\n").at(-1) ?? String(error);
  }
}
