// One Vitest project for the whole workspace. Packages resolve to their sources through the "@glimpsejs/source"
// export condition; TEST_BUILT=1 drops that condition, so the same tests run on dist.
import { defineConfig } from "vitest/config";

const built = process.env["TEST_BUILT"] === "1";
const full = process.env["TEST_FULL"] === "1";
const conditions = built ? ["node", "import", "default"] : ["@glimpsejs/source", "node", "import", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      built ? "packages/*/test/**/*.test.ts" : "packages/*/{src,test}/**/*.test.ts",
      ...(built ? [] : ["apps/*/{src,test}/**/*.test.ts"]),
    ],
    exclude: ["**/node_modules/**", ...(full ? [] : ["**/*.full.test.ts"])],
    testTimeout: 30_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
