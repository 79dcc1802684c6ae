// The editor of an example: CodeMirror with our colours, in the place of the code that was shown. It stands in a shadow
// root, because only there it sets its styles as constructed sheets, which the page's security policy lets pass.
import { javascript } from "@codemirror/lang-javascript";
import { syntaxHighlighting } from "@codemirror/language";
import { keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { EditorView, minimalSetup } from "codemirror";

/** Replaces `pre` by an editor of its text; `run` is called on Ctrl or Cmd + Enter. Escape, then Tab leaves it. */
export function editor(pre: HTMLElement, run: () => void): EditorView {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) root.append(sheet.cloneNode());
  const view = new EditorView({
    root,
    doc: pre.textContent ?? "",
    extensions: [
      keymap.of([
        {
          key: "Mod-Enter",
          run: () => {
            run();
            return true;
          },
        },
      ]),
      minimalSetup,
      javascript(),
      syntaxHighlighting(classHighlighter),
      EditorView.contentAttributes.of({ "aria-label": "Code of the example" }),
    ],
  });
  root.append(view.dom);
  pre.replaceWith(host);
  return view;
}
