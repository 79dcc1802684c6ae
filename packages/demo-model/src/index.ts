// The bundled demo checkpoints and sample pictures, as URLs: this package holds files and knows where they are. A URL
// works from disk in Node and from a server in a browser; reading is somebody else's business.

/** Folders of the two checkpoints, each in the Hub's format, with a trailing slash. */
export const demoCheckpoints: { readonly captions: URL; readonly clipCaptions: URL } = {
  captions: new URL("../models/captions/", import.meta.url),
  clipCaptions: new URL("../models/clip-captions/", import.meta.url),
};

/**
 * The folder of the checkpoint that a caller of load() means: "demo:captions" or nothing for pictures, "demo:clips" for
 * clips; undefined for what names none of them.
 */
export function demoCheckpoint(source: string | undefined): URL | undefined {
  if (source === undefined || source === "demo:captions") return demoCheckpoints.captions;
  return source === "demo:clips" ? demoCheckpoints.clipCaptions : undefined;
}

/** Folder of the sample pictures and clips; `samples.json` in it says what each one shows. */
export const demoSamples: URL = new URL("../samples/", import.meta.url);

/** What a person should know before trusting the demo model's words. */
export const demoModelLimits: string =
  "The demo model knows only emoji scenes: 106 things, up to four alike or two side by side, on eleven backgrounds. " +
  "It says something about any picture; on a photograph that is nonsense.";

/** The same for "demo:clips". */
export const demoClipLimits: string =
  "The demo model for clips knows only emoji scenes: one of 106 things that moves, grows, shrinks, blinks or stands still, " +
  "on eleven backgrounds. It says something about any clip; on a real one that is nonsense.";
