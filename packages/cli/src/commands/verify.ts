// `glimpse verify`: compares a backend with reference cases and prints, per case, the worst error and where it is.
import { GlimpseError } from "@glimpsejs/base";
import { chooseBackend } from "../backend.ts";
import type { CliHost } from "../host.ts";
import type { Call, Command } from "../options.ts";
import { definitions, dimmer, jsonLines, line, plural, printable, widthOf } from "../text.ts";
import type { Check } from "../verify/compare.ts";
import { type CaseReport, verifyCases } from "../verify/verify-cases.ts";

/** Compares a backend with reference cases. */
export const verify: Command = {
  name: "verify",
  operands: "<folder>",
  arity: [1, 1],
  about: "compare a backend with reference cases",
  details:
    "The folder is a case, or holds cases, each with config.json, model.safetensors, inputs.safetensors, case.json and " +
    "expected.safetensors as fixtures/reference/make_reference.py writes them. Floats may differ by 1e-4, integers not " +
    "at all. Prints the worst error of each case and where it is. The exit code is 1 when a case differs, or when there " +
    "was nothing to compare.",
  options: ["backend", "threads", "json"],
  examples: [
    "glimpse verify fixtures/reference/cases",
    "glimpse verify fixtures/reference/cases/masks --backend reference",
  ],
  run,
};

async function run({ operands: [folder = ""], options }: Call, host: CliHost): Promise<number> {
  const { stdout } = host;
  const backend = await chooseBackend(options, host);
  const reports: CaseReport[] = [];
  const { glimpse, files, signal } = host;
  for await (const report of verifyCases(folder, { glimpse, files, signal, backend })) {
    reports.push(report);
    if (!options.json) printCase(report, host);
  }
  const failed = reports.filter((r) => r.outcome === "failed");
  const passed = reports.filter((r) => r.outcome === "passed");
  if (options.json) line(stdout, jsonLines(reports));
  else printSummary(reports, backend.name, host);
  if (failed.length === 0 && passed.length === 0) {
    throw new GlimpseError(
      { subject: folder, problem: "nothing in it could be compared, as no case asks for what is supported yet" },
      { code: "unsupported" },
    );
  }
  return failed.length > 0 ? 1 : 0;
}

const labels = { passed: "ok", failed: "FAIL", unsupported: "none" } as const;
const shownFailures = 5;

function printCase(report: CaseReport, { stdout, env }: CliHost): void {
  const dim = dimmer(stdout, env);
  const { worst } = report;
  const error = worst?.worst === undefined ? "" : `worst error ${worst.worst.error.toExponential(1)}`;
  line(stdout, `${labels[report.outcome].padEnd(6)}${printable(report.name).padEnd(32)} ${error}`.trimEnd());
  if (report.error !== undefined) line(stdout, `      ${printable(report.error, true).replaceAll("\n", "\n      ")}`);
  const failures = report.checks.filter((check) => !check.passed);
  if (failures.length === 0 && worst !== undefined) line(stdout, dim(`      ${place(worst)}`));
  for (const check of failures.slice(0, shownFailures)) line(stdout, `      ${place(check)}`);
  if (failures.length > shownFailures)
    line(stdout, `      … and ${failures.length - shownFailures} more tensors differ`);
}

/** Where a check is worst, and what stands there. */
function place({ name, worst, problem }: Check): string {
  const where = printable(name);
  if (problem !== undefined) return `${where}: ${printable(problem)}`;
  if (worst === undefined) return `${where}: nothing was compared`;
  return `${where}[${worst.index.join(", ")}]: expected ${number(worst.expected)}, got ${number(worst.got)}`;
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(7);
}

function printSummary(reports: readonly CaseReport[], backend: string, { stdout }: CliHost): void {
  const count = (outcome: CaseReport["outcome"]) => reports.filter((r) => r.outcome === outcome).length;
  const checks = reports.reduce((sum, r) => sum + r.checks.filter((c) => c.passed).length, 0);
  line(stdout);
  line(
    stdout,
    `${plural(reports.length, "case")} on ${backend}: ${count("passed")} passed, ${count("failed")} failed, ` +
      `${plural(checks, "tensor")} equal`,
  );
  const unsupported = reports.flatMap((r) => r.unsupported);
  if (unsupported.length === 0) return;
  line(stdout, `${plural(unsupported.length, "run")} not supported yet, not compared and not counted:`);
  const byOptions = new Map<string, number>();
  for (const { options } of unsupported)
    byOptions.set(options.join(", "), (byOptions.get(options.join(", ")) ?? 0) + 1);
  const rows = [...byOptions].sort(([, a], [, b]) => b - a).map(([names, n]) => [plural(n, "run"), names] as const);
  for (const text of definitions(rows, widthOf(stdout))) line(stdout, printable(text));
}
