// The Vitest projects of the whole workspace: `node`, and two that run `*.browser.test.ts` in a real Chromium, on a
// plain page and (`*.isolated.browser.test.ts`) on a cross-origin isolated one, where SharedArrayBuffer and so threads
// exist. Packages resolve to their sources through the "@glimpsejs/source" export condition. TEST_BUILT=1 drops that
// condition and points the tests' own relative imports at dist, so that the same tests run on what is published.
// TEST_FULL=1 adds the slow sweeps, TEST_NODE=1 leaves the browser out.
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type Plugin, type TestProjectInlineConfiguration } from "vitest/config";
import { chromiumFlags, findChromium } from "./tooling/browser/chromium.mjs";
import { hubCommands } from "./tooling/browser/hub-commands.ts";
import { nodeCommands } from "./tooling/browser/node-commands.ts";

const built = process.env["TEST_BUILT"] === "1";
const full = process.env["TEST_FULL"] === "1";
const source = built ? [] : ["@glimpsejs/source"];
const node = [...source, "node", "import", "default"];
const executablePath = findChromium();

/** Sends `packages/x/src/y.ts`, imported by a test, to `packages/x/dist/y.js`. */
const testsOnDist: Plugin = {
  name: "tests-on-dist",
  enforce: "pre",
  resolveId(source, importer) {
    if (!source.startsWith(".") || !importer?.endsWith(".test.ts")) return null;
    const { pathname } = new URL(source, `file://${importer}`);
    const dist = /^(.*\/(?:packages|tooling)\/[^/]+)\/src\/(.*)\.ts$/.exec(pathname);
    return dist === null ? null : `${dist[1]}/dist/${dist[2]}.js`;
  },
};
const plugins = built ? [testsOnDist] : [];
// Minutes each on a GPU that is a program; of what is built the conformance suite is run there.
const slowOnBuilt = [
  "**/webgpu-cases*.test.ts",
  "**/webgpu-counts.browser.test.ts",
  "packages/core/test/{webgpu,device-loss}.test.ts",
];
const exclude = [
  "**/node_modules/**",
  "**/dist/**",
  ...(full ? [] : ["**/*.full.*test.ts"]),
  ...(built ? slowOnBuilt : []),
];
const testsOf = (ending: string) => [
  `{packages,apps}/*/{src,test}/**/*${ending}.ts`,
  `tooling/scenes/src/*${ending}.ts`,
];

function browserProject(name: string, ending: string, leftOut: string[], headers: Record<string, string>) {
  return {
    plugins,
    resolve: { conditions: [...source, "browser", "import", "default"] },
    // Nothing is discovered while tests run: a reload in the middle of them would run some twice.
    optimizeDeps: { noDiscovery: true },
    server: { headers },
    test: {
      name,
      include: [...testsOf(ending), `tooling/browser/*${ending}.ts`],
      exclude: [...exclude, ...leftOut],
      testTimeout: 60_000,
      maxWorkers: 1,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        commands: { ...hubCommands, ...nodeCommands },
        provider: playwright({
          launchOptions: { args: [...chromiumFlags], ...(executablePath === undefined ? {} : { executablePath }) },
        }),
        instances: [{ browser: "chromium" }],
      },
    },
  } satisfies TestProjectInlineConfiguration;
}

const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const browserProjects = [
  browserProject("browser", ".browser.test", ["**/*.isolated.browser.test.ts"], {}),
  browserProject("isolated", ".isolated.browser.test", [], isolation),
];

/** What users install: one file after the other, on packages that are packed once. */
const packedProject = {
  test: {
    name: "packed",
    include: ["tooling/packed/*.test.ts"],
    exclude,
    globalSetup: ["tooling/packed/setup.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 60_000,
    // A folder with everything installed in it is not removed in a moment.
    hookTimeout: 120_000,
  },
} satisfies TestProjectInlineConfiguration;

export default defineConfig({
  test: {
    projects: [
      {
        plugins,
        resolve: { conditions: node },
        ssr: { resolve: { conditions: node, externalConditions: node } },
        test: {
          name: "node",
          include: [...testsOf(".test"), ...(built ? ["tooling/*.test.ts", "apps/docs/site-tests/*.test.ts"] : [])],
          exclude: [...exclude, "**/*.browser.test.ts"],
          testTimeout: 30_000,
          setupFiles: ["tooling/properties.ts"],
          pool: "forks",
          maxWorkers: 2,
        },
      },
      ...(built || full ? [packedProject] : []),
      ...(process.env["TEST_NODE"] === "1" ? [] : browserProjects),
    ],
  },
});
