// Examples of a guide that run in the page: a button, an editor when it is asked for, the output below.
import type { ExampleMessage } from "./example-prelude.ts";
import { type ExampleRun, runExample } from "./run-example.ts";

/** Gives each example of the page that can run its buttons. */
export function examples(): void {
  for (const figure of document.querySelectorAll<HTMLElement>("[data-runnable]")) arm(figure);
}

function arm(figure: HTMLElement): void {
  const actions = figure.querySelector(".actions");
  const pre = figure.querySelector<HTMLElement>("pre.code");
  const output = figure.querySelector<HTMLElement>(".output");
  if (actions === null || pre === null || output === null) return;
  let code = () => pre.textContent ?? "";
  let run: ExampleRun | undefined;

  const edit = button("Edit", "edit-code", async () => {
    edit.disabled = true;
    const { editor } = await import("./editor.ts");
    const view = editor(pre, start);
    code = () => view.state.doc.toString();
    edit.remove();
    view.focus();
  });
  const runButton = button("Run", "run", () => (run === undefined ? start() : run.stop()));
  actions.append(edit, runButton);

  async function start(): Promise<void> {
    output?.replaceChildren();
    runButton.textContent = "Stop";
    run = runExample(code(), modules(), (message) => {
      if (output !== null) show(message, output);
    });
    await run.finished;
    run = undefined;
    runButton.textContent = "Run again";
    figure.dataset["ran"] = String(Number(figure.dataset["ran"] ?? 0) + 1);
  }
}

/** Absolute addresses: a worker made from a blob has no folder of its own. */
function modules(): Readonly<Record<string, string>> {
  const at = (file: string) => new URL(file, import.meta.url).href;
  return { prelude: at("./example-prelude.js"), glimpsejs: at("./glimpsejs.js"), "./samples.js": at("./samples.js") };
}

function button(text: string, name: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = name;
  element.textContent = text;
  element.addEventListener("click", onClick);
  return element;
}

function show(message: ExampleMessage, output: HTMLElement): void {
  if (message.kind === "done") return;
  if (message.kind === "picture") {
    const image = document.createElement("img");
    image.alt = "Picture made by the example";
    image.src = URL.createObjectURL(message.picture);
    output.append(image);
    return;
  }
  const line = document.createElement("div");
  if (message.kind === "error") line.className = "error";
  line.textContent = message.text;
  output.append(line);
}
