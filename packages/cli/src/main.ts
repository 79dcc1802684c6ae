// The command: arguments in, exit code out. Output, files and the model come from the host.
import { parseArguments, UsageError } from "./arguments.ts";
import { ask } from "./commands/ask.ts";
import { bench } from "./commands/bench.ts";
import { caption } from "./commands/caption.ts";
import { classify, rank, score } from "./commands/classify.ts";
import { doctor } from "./commands/doctor.ts";
import { evaluate } from "./commands/eval.ts";
import { explain } from "./commands/explain.ts";
import { verify } from "./commands/verify.ts";
import { helpCommand, helpOf, overview, usage } from "./help.ts";
import type { CliHost } from "./host.ts";
import type { Command } from "./options.ts";
import { reportError } from "./report-error.ts";
import { line, widthOf } from "./text.ts";

const work: readonly Command[] = [caption, ask, explain, classify, rank, score, evaluate, doctor, verify, bench];
const commands: readonly Command[] = [...work, helpCommand(work)];

/**
 * Runs `glimpse` with the arguments after the command's name. Resolves to the exit code: 0 done, 1 failed, 2 wrong
 * arguments, 130 stopped by the signal. Never rejects; what went wrong is on stderr.
 */
export async function main(argv: readonly string[], host: CliHost): Promise<number> {
  let running: Command | undefined;
  try {
    const request = parseArguments(argv, commands);
    switch (request.kind) {
      case "version":
        line(host.stdout, host.version);
        return 0;
      case "help": {
        const columns = widthOf(host.stdout);
        host.stdout.write(request.command ? helpOf(request.command, columns) : overview(commands, columns));
        return 0;
      }
      case "run":
        running = request.command;
        return await running.run(request.call, host);
      default:
        return request satisfies never;
    }
  } catch (error) {
    return exitCode(error, running, host);
  }
}

function exitCode(error: unknown, running: Command | undefined, host: CliHost): number {
  if (host.signal.aborted) {
    line(host.stderr, "Stopped.");
    return 130;
  }
  reportError(error, host);
  if (!(error instanceof UsageError)) return 1;
  const command = error.command ?? running;
  line(host.stderr, usage(command));
  line(host.stderr, `More: glimpse help ${command?.name ?? ""}`.trimEnd());
  return 2;
}
