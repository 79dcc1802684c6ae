// The worker that loadInWorker() starts when it is given none: this platform with its defaults.
import { webPlatform } from "../platform.ts";
import { serveGlimpse } from "./serve.ts";

serveGlimpse(self, webPlatform());
