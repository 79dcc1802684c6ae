// Runs first in the worker of an example: what it prints, shows and throws goes to the page.
import { format, parts } from "./format.ts";

/** What the worker tells the page. */
export type ExampleMessage =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "picture"; readonly picture: Blob }
  | { readonly kind: "error"; readonly text: string }
  | { readonly kind: "done" };

const post = (message: ExampleMessage) => self.postMessage(message);

console.log = (...values: readonly unknown[]) => {
  const { text, pictures } = parts(values);
  if (text !== undefined) post({ kind: "text", text });
  for (const picture of pictures) post({ kind: "picture", picture });
};
console.warn = console.log;

Object.assign(self, {
  exampleDone: () => post({ kind: "done" }),
  exampleFailed: (error: unknown) => post({ kind: "error", text: format([error]) }),
});
