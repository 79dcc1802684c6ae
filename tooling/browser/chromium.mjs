// Which Chromium the browser tests run in, and how it is started: the one that GLIMPSE_CHROMIUM names, else the first
// that is found where systems put it. Playwright's own download is not used, because nothing here is downloaded by an
// install script.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";

const usualPlaces = {
  linux: [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome-stable",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
  ],
  darwin: [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};

/**
 * Flags of every start: nothing is fetched in the background, no name but this machine's is resolved, and WebGPU runs
 * on the processor (SwiftShader), so that the same tests run on machines without a network and without a graphics card.
 */
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
];

/** The path of the browser's executable, or undefined where none is found. */
export function findChromium() {
  const named = process.env.GLIMPSE_CHROMIUM;
  if (named !== undefined && named !== "") return named;
  return (usualPlaces[process.platform] ?? []).find((place) => existsSync(place));
}

/**
 * Installs Debian's chromium where none is found and the process may; ends the process with what to do where it may
 * not, because browser tests that are silently left out are no tests.
 */
export function ensureChromium() {
  if (findChromium() !== undefined) return;
  if (process.platform === "linux" && process.getuid?.() === 0) {
    console.log("Installing chromium for the browser tests …");
    const apt = (...args) => spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
    const flags = ["install", "--yes", "--no-install-recommends", "chromium"];
    if ((apt(...flags) || (apt("update") && apt(...flags))) && findChromium() !== undefined) return;
  }
  console.error(
    "No Chromium was found for the browser tests. Install one (Debian: apt-get install chromium), or name an executable in GLIMPSE_CHROMIUM, or leave the browser tests out with --node.",
  );
  process.exit(1);
}
