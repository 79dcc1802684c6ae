// The suite on the reference backend. It stands here and not there, because conformance depends on that package.
import { reference } from "@glimpsejs/backend-reference";
import { testBackend } from "./index.ts";

testBackend({ plugin: reference() });
