// Runs the code of an example in a worker of its own. Its imports of packages become the site's bundle of them.
import type { ExampleMessage } from "./example-prelude.ts";

/** A run that can be stopped. `finished` resolves when the code is done, failed, or was stopped. */
export interface ExampleRun {
  readonly finished: Promise<void>;
  stop(): void;
}

/** Addresses of what examples import, by specifier. */
export type ExampleModules = Readonly<Record<string, string>>;

/** Starts `code`; `show` gets what it prints and shows. `modules` must have "prelude". */
export function runExample(code: string, modules: ExampleModules, show: (message: ExampleMessage) => void): ExampleRun {
  const source = URL.createObjectURL(new Blob([moduleSource(code, modules)], { type: "text/javascript" }));
  const worker = new Worker(source, { type: "module" });
  let end: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    end = () => {
      worker.terminate();
      URL.revokeObjectURL(source);
      resolve();
    };
  });
  worker.addEventListener("message", ({ data }: MessageEvent<ExampleMessage>) => {
    show(data);
    if (data.kind === "done" || data.kind === "error") end();
  });
  // What never came to run: a syntax error, or an import that is not there.
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    show({
      kind: "error",
      text: event.message || "The code cannot be run: it has a syntax error or imports what the page lacks.",
    });
    end();
  });
  return { finished, stop: end };
}

/** The worker's module: imports stay at the top, the rest runs where its errors can be caught. */
export function moduleSource(code: string, modules: ExampleModules): string {
  const imports: string[] = [];
  const body = code.replace(/^import\s[^;]*?from\s*["']([^"']+)["'];?/gm, (statement, specifier: string) => {
    const address = Object.hasOwn(modules, specifier) ? modules[specifier] : undefined;
    if (address === undefined) return `throw new Error(${JSON.stringify(`There is no "${specifier}" in this page.`)});`;
    imports.push(statement.replace(/["'][^"']+["'];?$/, `${JSON.stringify(address)};`));
    return "";
  });
  return [
    `import ${JSON.stringify(modules["prelude"])};`,
    ...imports,
    "(async () => {",
    body,
    "})().then(exampleDone, exampleFailed);",
  ].join("\n");
}
