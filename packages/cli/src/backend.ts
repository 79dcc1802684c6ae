// Which backend a command runs on: the one that was named, or the fastest that is available, with a word to the user
// when that is not the fastest there is.
import type { BackendPlugin } from "@glimpsejs/backend";
import { GlimpseError, nearestName, type Problem, show } from "@glimpsejs/base";
import { UsageError } from "./arguments.ts";
import type { BackendChoice, CliHost } from "./host.ts";
import type { Options } from "./options.ts";
import { line } from "./text.ts";

/**
 * The backend for `options`, opened once and closed, so that what is wrong with it shows before anything is downloaded.
 * Throws {@link UsageError}, "backend-unavailable" or "missing-package".
 */
export async function chooseBackend({ backend, threads }: Options, host: CliHost): Promise<BackendPlugin> {
  const { backends } = host;
  const choice = backend === undefined ? await fastestAvailable(host) : backends.find((b) => b.name === backend);
  if (choice === undefined) throw new UsageError(unknownBackend(backend ?? "", backends));
  if (threads !== undefined && !choice.takesThreads) {
    throw new UsageError({ subject: "--threads", problem: `the backend ${choice.name} computes on one thread` });
  }
  const plugin = choice.plugin(threads === undefined ? {} : { threads });
  await (await plugin.open()).dispose();
  return plugin;
}

async function fastestAvailable({ backends, stderr }: CliHost): Promise<BackendChoice> {
  const reasons: Problem[] = [];
  for (const choice of backends) {
    const problem = await (choice.unnamed?.() ?? choice.plugin({})).unavailable();
    if (problem === undefined) {
      for (const reason of reasons) line(stderr, `Note: ${reason.subject} cannot be used: ${reason.problem}`);
      const slower = choice === backends.at(-1) ? ", which is much slower" : "";
      if (reasons.length > 0) line(stderr, `Running on ${choice.name} instead${slower}.`);
      return choice;
    }
    reasons.push({ subject: `backend "${choice.name}"`, problem });
  }
  throw new GlimpseError(reasons, { code: "backend-unavailable" });
}

function unknownBackend(name: string, backends: readonly BackendChoice[]): Problem {
  const names = backends.map((b) => b.name);
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `There are ${names.join(" and ")}.` : `Did you mean "${nearest}"?`;
  return { subject: `--backend ${show(name)}`, problem: "there is no such backend", advice };
}
