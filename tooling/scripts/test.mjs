// `npm test`: every test, on the sources, then on the built packages. Prints `N passed, N failed` at the end.
// Needs a Chromium for the browser tests, and installs Debian's where it may.
//   --source   only on the sources        --built   only on the built packages
//   --node     without the browser tests
//   --full     on the sources, with the slow sweeps (*.full.test.ts) and every published size from a formula: 3.4 GB of disk
//   --synthetic  also git-base at full size, from a formula: a minute and 0.7 GB of disk
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ensureChromium } from "../browser/chromium.mjs";
import { build, ensureInstalled, run, tool } from "./workspace.mjs";

const flags = new Set(process.argv.slice(2));
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
ensureInstalled();
if (!flags.has("--node")) ensureChromium();
console.log("Building …");
build();
const reports = mkdtempSync(path.join(os.tmpdir(), "glimpse-test-"));
const total = { passed: 0, failed: 0 };
if (!flags.has("--built")) vitest("sources", flags.has("--full") ? { TEST_FULL: "1", SYNTHETIC: "all" } : {});
if (!flags.has("--source") && !flags.has("--full")) {
  // The tests of the site read its pages.
  if (!flags.has("--node") && filters.length === 0) run("node", ["apps/docs/scripts/build.mjs"]);
  vitest("built packages", { TEST_BUILT: "1" });
}
if (flags.has("--synthetic"))
  vitest("full-size synthetic git-base", { TEST_FULL: "1" }, [
    "--project=node",
    "apps/bench/src/synthetic.full.test.ts",
  ]);
rmSync(reports, { recursive: true });
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

function vitest(what, env, only = filters) {
  console.log(`\nTests on the ${what}`);
  const report = path.join(reports, `${what.replaceAll(" ", "-")}.json`);
  const status = tool(
    "vitest",
    ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...only],
    { env: { ...(flags.has("--node") ? { TEST_NODE: "1" } : {}), ...env }, allowFailure: true },
  );
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, "utf8"));
  total.passed += numPassedTests;
  // A file that cannot be loaded has no tests; it counts as one failure, and so does a run that ends badly.
  total.failed += Math.max(numFailedTests, numFailedTestSuites > 0 || status !== 0 ? 1 : 0);
}
