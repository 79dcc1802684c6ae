// The worker: holds one model and answers the page.
import { host, type WorkerScope } from "../port/host.ts";
import { modelHandlers } from "./handlers.ts";

// The types of the page and of workers cannot be had at once; these are the page's.
host(globalThis as unknown as WorkerScope, modelHandlers());
