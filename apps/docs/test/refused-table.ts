// The table of what generate() refuses, with the reason that its error gives.
import { refusals, refusedOptions } from "../../../packages/core/src/generation/refused-options.ts";

/** Reasons and their options, as Markdown. */
export function refusedTable(): string {
  const byReason = new Map<string, string[]>();
  for (const name of refusedOptions) {
    const [problem] = refusals({ [name]: true }).problems;
    const reason = problem?.problem.replace(/^.*?: /, "") ?? "";
    const spelled = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${spelled}\``]);
  }
  const rows = [...byReason].map(([reason, names]) => `| ${names.toSorted().join(", ")} | ${reason} |`).toSorted();
  return ["| refused | because |", "| --- | --- |", ...rows].join("\n");
}
