// `glimpse doctor`: what this machine can run, and why not the rest.
import { presetConfig } from "@glimpsejs/config";
import { type WeightDType, weightBytes } from "@glimpsejs/core";
import type { CliHost, MachineFacts } from "../host.ts";
import type { Call, Command } from "../options.ts";
import { byteSize, definitions, line, plural, printable, widthOf } from "../text.ts";

/** Says what this machine can run. */
export const doctor: Command = {
  name: "doctor",
  operands: "",
  arity: [0, 0],
  about: "say what this machine can run, and why not the rest",
  details:
    "Looks at the machine, the installed backends, the decoders of pictures and clips, the download cache and the memory. Downloads " +
    "nothing. The exit code is 1 when pictures cannot be captioned here.",
  options: ["json"],
  examples: ["glimpse doctor", "glimpse doctor --json"],
  run,
};

/** The published sizes; all checkpoints of a size have about as many parameters. */
const publishedSizes = ["git-base", "git-large"] as const;

interface BackendState {
  readonly name: string;
  readonly about: string;
  /** Why it cannot be used; null when it can. */
  readonly unavailable: string | null;
  /** Estimated peak of host memory in bytes by published size; null where the backend does not know. */
  readonly memory: Readonly<Record<string, number | null>>;
  /** The same with the weights rounded to 8 bits. */
  readonly memoryInt8: Readonly<Record<string, number | null>>;
}

async function run({ options }: Call, host: CliHost): Promise<number> {
  const facts = await host.facts();
  const backends: BackendState[] = [];
  for (const choice of host.backends) {
    const plugin = choice.plugin({});
    const memoryOf = (dtype: WeightDType) =>
      Object.fromEntries(
        publishedSizes.map((size) => [size, plugin.estimateMemory?.(weightBytes(presetConfig(size), dtype)) ?? null]),
      );
    const unavailable = (await (choice.probe ?? plugin.unavailable)()) ?? null;
    const memory = { memory: memoryOf("fp32"), memoryInt8: memoryOf("int8") };
    backends.push({ name: choice.name, about: choice.about, unavailable, ...memory });
  }
  const ready = backends.some((b) => b.unavailable === null) && facts.pictures.problem === undefined;
  if (options.json) {
    line(host.stdout, JSON.stringify({ version: host.version, ready, ...facts, backends }, undefined, 2));
  } else print(facts, backends, ready, host);
  return ready ? 0 : 1;
}

function print(facts: MachineFacts, backends: readonly BackendState[], ready: boolean, host: CliHost): void {
  const { stdout } = host;
  const section = (title: string, rows: readonly (readonly [string, string])[]) => {
    line(stdout);
    line(stdout, title);
    const safe = rows.map(([term, text]) => [printable(term).padEnd(9), printable(text)] as const);
    for (const text of definitions(safe, widthOf(stdout))) line(stdout, text);
  };
  line(stdout, `Glimpse ${host.version} ${ready ? "is ready." : "cannot caption pictures here yet."}`);
  const { cpu, memory, cache } = facts;
  section("Machine", [
    ["runtime", `${facts.runtime}, ${facts.system}`],
    ["processor", `${cpu.model}, ${plural(cpu.cores, "core")}`],
    ["memory", `${byteSize(memory.total)}, of which ${byteSize(memory.available)} can be used now`],
  ]);
  const fastest = backends.find((b) => b.unavailable === null);
  section(
    "Backends",
    backends.map((b) => {
      const state = b.unavailable === null ? (b === fastest ? "ready, the default" : "ready") : "no";
      return [b.name, `${state}: ${b.unavailable ?? b.about}`];
    }),
  );
  for (const [title, { decoder, problem }] of [
    ["Pictures", facts.pictures],
    ["Clips", facts.clips],
  ] as const) {
    section(title, [[decoder, problem === undefined ? "ready" : `no: ${problem}`]]);
  }
  section("Checkpoints", checkpointRows(facts, fastest));
  section("Hugging Face Hub", [
    ["cache", `${cache.folder} (${cache.setBy})`],
    ["downloads", facts.offline ? "no: HF_HUB_OFFLINE is set" : "allowed"],
    ["token", facts.token ? "found" : "none; only private checkpoints need one"],
  ]);
}

function checkpointRows({ memory }: MachineFacts, backend: BackendState | undefined): [string, string][] {
  const sizes = Object.entries(backend?.memory ?? {}).map(([size, needed]): [string, string] => {
    if (needed === null) return [size, "unknown: the backend cannot tell how much memory it needs"];
    const fits = needed <= memory.available ? "yes" : "no";
    const rounded = backend?.memoryInt8[size];
    const less = rounded == null ? "" : `, with --dtype int8 ${byteSize(rounded)}`;
    return [size, `${fits}: needs about ${byteSize(needed)} of memory on ${backend?.name}${less}`];
  });
  return [["demo", backend === undefined ? "no: no backend is ready" : "yes: it comes with Glimpse"], ...sizes];
}
