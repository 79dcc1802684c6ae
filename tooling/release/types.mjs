// Whether the types of a package resolve as its code does, for the module systems that can use it.
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";

/** ESM only is a choice: require() of it is not offered, and node10 knows no `exports`. */
const ignored = new Set(["cjs-resolves-to-esm"]);

/** Problems of all tarballs of packAll(). */
export async function typeProblems(tarballs) {
  const problems = [];
  for (const [name, { bytes }] of Object.entries(tarballs)) {
    const { problems: found = [] } = await checkPackage(createPackageFromTarballData(bytes));
    for (const problem of found) {
      if (ignored.has(kebab(problem.kind)) || problem.resolutionKind === "node10") continue;
      problems.push(`${name}: ${problem.kind} ${problem.entrypoint ?? ""} ${problem.resolutionKind ?? ""}`.trim());
    }
  }
  return problems;
}

function kebab(kind) {
  return kind
    .replace(/CJS|ESM/g, (name) => name[0] + name.slice(1).toLowerCase())
    .replace(/(?<=[a-z])(?=[A-Z])/g, "-")
    .toLowerCase();
}
