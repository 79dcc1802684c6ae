// One Vitest project for the whole workspace. Packages resolve to their sources through the "@glimpsejs/source"
// export condition. TEST_BUILT=1 drops that condition and points the tests' own relative imports at dist, so that the
// same tests run on what is published. TEST_FULL=1 adds the slow sweeps.
import { defineConfig, type Plugin } from "vitest/config";

const built = process.env["TEST_BUILT"] === "1";
const full = process.env["TEST_FULL"] === "1";
const conditions = [...(built ? [] : ["@glimpsejs/source"]), "node", "import", "default"];

/** Sends `packages/x/src/y.ts`, imported by a test, to `packages/x/dist/y.js`. */
const testsOnDist: Plugin = {
  name: "tests-on-dist",
  enforce: "pre",
  resolveId(source, importer) {
    if (!source.startsWith(".") || !importer?.endsWith(".test.ts")) return null;
    const { pathname } = new URL(source, `file://${importer}`);
    const dist = /^(.*\/packages\/[^/]+)\/src\/(.*)\.ts$/.exec(pathname);
    return dist === null ? null : `${dist[1]}/dist/${dist[2]}.js`;
  },
};

export default defineConfig({
  plugins: built ? [testsOnDist] : [],
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "packages/*/{src,test}/**/*.test.ts",
      "apps/*/{src,test}/**/*.test.ts",
      ...(built ? ["tooling/**/*.test.ts"] : []),
    ],
    exclude: ["**/node_modules/**", "**/dist/**", ...(full ? [] : ["**/*.full.test.ts"])],
    testTimeout: 30_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
