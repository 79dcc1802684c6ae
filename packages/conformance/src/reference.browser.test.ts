// The suite on the reference backend in a browser: the interpreter gives there what it gives in Node.
import { reference } from "@glimpsejs/backend-reference";
import { testBackend } from "./index.ts";

testBackend({ plugin: reference() });
