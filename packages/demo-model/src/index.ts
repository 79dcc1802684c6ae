// The bundled demo checkpoints and sample pictures, as URLs of folders: this package holds files and knows where they
// are. For Node, and pages that serve the package as it is; bundlers need `./files` and `./samples`, which name every file.

// Of one argument, since bundlers take `new URL("…", import.meta.url)` for a file of theirs, and there is no file of a
// folder's name. Turbopack does so also where the second argument is a constant of that value.
const folder = (path: string): URL => new URL(here.replace(/[^/]+\/[^/]+$/, path));
// A bundle in CommonJS has no such address, and can do without: it has left these files behind.
const here = (import.meta.url as string | undefined) ?? "file:///bundled/index.js";

/** Folders of the two checkpoints, each in the Hub's format, with a trailing slash. */
export const demoCheckpoints: {
  /** The one for pictures, "demo:captions". */
  readonly captions: URL;
  /** The one for clips, "demo:clips". */
  readonly clipCaptions: URL;
} = {
  captions: folder("models/captions/"),
  clipCaptions: folder("models/clip-captions/"),
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
export const demoSamples: URL = folder("samples/");

/** What a person should know before trusting the demo model's words. */
export const demoModelLimits: string =
  "The demo model knows only emoji scenes: 106 things, up to four alike or two side by side, on eleven backgrounds. " +
  "It says something about any picture; on a photograph that is nonsense.";

/** The same for "demo:clips". */
export const demoClipLimits: string =
  "The demo model for clips knows only emoji scenes: one of 106 things that moves, grows, shrinks, blinks or stands still, " +
  "on eleven backgrounds. It says something about any clip; on a real one that is nonsense.";
