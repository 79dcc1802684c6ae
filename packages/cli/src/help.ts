// Help, written from the tables of commands and options.

import { nearestName, show } from "@glimpsejs/base";
import { UsageError } from "./arguments.ts";
import { type Command, type OptionName, optionSpecs } from "./options.ts";
import { definitions, widthOf, wrap } from "./text.ts";

/** `glimpse help`, about `commands` and itself. */
export function helpCommand(commands: readonly Command[]): Command {
  const help: Command = {
    name: "help",
    operands: "[command]",
    arity: [0, 1],
    about: "explain a command",
    details: "Explains a command and its options.",
    options: [],
    examples: ["glimpse help caption"],
    async run({ operands: [name] }, { stdout }) {
      const all = [...commands, help];
      const command = all.find((c) => c.name === name);
      if (name !== undefined && command === undefined) {
        const nearest = nearestName(
          name,
          all.map((c) => c.name),
        );
        const advice = nearest && `Did you mean "${nearest}"?`;
        throw new UsageError({ subject: `command ${show(name)}`, problem: "there is no such command", advice }, help);
      }
      stdout.write(command === undefined ? overview(all, widthOf(stdout)) : helpOf(command, widthOf(stdout)));
      return 0;
    },
  };
  return help;
}

/** What `glimpse` prints without a command. */
export function overview(commands: readonly Command[], columns: number): string {
  const width = Math.min(columns, 100);
  const rows = commands.map((c) => [`${c.name} ${c.operands}`.trim(), c.about] as const);
  return text([
    ...wrap("Glimpse describes pictures and answers questions about them, on your own machine.", width),
    "",
    "Usage: glimpse <command> [options]",
    "",
    ...definitions(rows, width),
    "",
    "Examples:",
    ...commands.flatMap((c) => c.examples.slice(0, 1)).map((example) => `  ${example}`),
    "",
    "Options of a command: glimpse help <command>. The version: glimpse --version.",
  ]);
}

/** What `glimpse help <command>` prints. */
export function helpOf(command: Command, columns: number): string {
  const width = Math.min(columns, 100);
  const shown: readonly OptionName[] = [...command.options, "help"];
  const rows = shown.map((name) => {
    const { value, about } = optionSpecs[name];
    return [value === undefined ? `--${name}` : `--${name} ${value}`, about] as const;
  });
  return text([
    usage(command),
    "",
    ...wrap(command.details, width),
    "",
    "Options:",
    ...definitions(rows, width),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${example}`),
  ]);
}

/** The usage line of one command, or of all. */
export function usage(command: Command | undefined): string {
  if (command === undefined) return "Usage: glimpse <command> [options]";
  const parts = ["Usage: glimpse", command.name, command.operands, command.options.length > 0 ? "[options]" : ""];
  return parts.filter((part) => part !== "").join(" ");
}

function text(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
