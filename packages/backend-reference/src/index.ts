// An interpreter in plain TypeScript: slow, obvious, runs anywhere.
export { reference } from "./reference.ts";
