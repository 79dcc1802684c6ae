// The worker: holds one model and answers the page.
import { host, type WorkerScope } from "../port/host.ts";
import { modelHandlers } from "./handlers.ts";

host(globalThis as unknown as WorkerScope, modelHandlers());
