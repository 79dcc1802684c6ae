// One example of the guides as HTML: its code, and below it what it prints. The code is the bytes of the file that the
// tests run; what it printed there is shown until a reader runs it anew.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const outputs = path.resolve(import.meta.dirname, "../../../docs/examples/output");

/** The first line of an example says where it runs: `// In the browser and in Node: …`, or `// In Node: …`. */
export function exampleBlock(file, source, highlight) {
  const code = source.replace(/^\/\/.*\n+/, "").trimEnd();
  const title = /^\/\/ (.*)\n/.exec(source)?.[1] ?? file;
  const runnable = title.startsWith("In the browser");
  const output = outputOf(file);
  return [
    `<figure class="example" data-example="${file}"${runnable ? " data-runnable" : ""}>`,
    `<figcaption><span>${title}</span><span class="actions"></span></figcaption>`,
    `<pre class="code" tabindex="0"><code class="language-js">${highlight(code, "js")}</code></pre>`,
    `<pre class="output" tabindex="0" aria-live="polite" aria-label="Output">${escapeHtml(output)}</pre>`,
    "</figure>",
  ].join("\n");
}

function outputOf(file) {
  const recorded = `${outputs}/${file.replace(/\.js$/, ".txt")}`;
  return existsSync(recorded) ? readFileSync(recorded, "utf8").trimEnd() : "";
}

function escapeHtml(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
