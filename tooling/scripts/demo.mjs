// `npm run demo`: from a fresh checkout to captions, in one command.
import { build, ensureInstalled, root } from "./workspace.mjs";

ensureInstalled();
console.log("Building …");
build();
const { runDemo } = await import(new URL("packages/glimpsejs/dist/node/demo.js", `file://${root}`).href);
process.exitCode = await runDemo();
