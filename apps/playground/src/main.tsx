// Starts the page: settings from the link, the first sample on the stage, the demo checkpoint loading at once.
import { render } from "preact";
import { App } from "./components/app.tsx";
import { surveyBackends } from "./state/choice.ts";
import { listenForFiles } from "./state/files.ts";
import { listSamples, showSample } from "./state/samples.ts";
import { loadModel } from "./state/session.ts";
import { changeSettings, fromFragment } from "./state/settings.ts";

const root = document.querySelector("#app");
if (root === null) throw new TypeError("index.html has no #app.");

const shared = fromFragment(location.hash);
changeSettings(shared);
listenForFiles(document);
// A link that names another checkpoint does not start a download of hundreds of megabytes by itself.
const loaded = shared.model === undefined ? loadModel() : undefined;
// Without the list the page works all the same, on pictures of one's own.
const samples = await listSamples().catch(() => []);
render(<App samples={samples} />, root);
const [first] = samples;
if (first !== undefined) await showSample(first);
await loaded;
await surveyBackends();
// Last, because it fetches everything once more to keep it for offline use.
if (!location.pathname.endsWith("/dev/")) await navigator.serviceWorker?.register("service-worker.js");
