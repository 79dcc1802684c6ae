// The sample pictures and clips as examples import them in the page; `docs/examples/samples.js` is the same in Node.

/** Address of a sample picture: `picture("01.png")`. */
export function picture(name: string): URL {
  // Not for the bundler: the folder is copied as it is.
  return new URL(/* @vite-ignore */ `./pictures/${name}`, import.meta.url);
}

/** Address of a sample clip: `clip("01.mp4")`. */
export function clip(name: string): URL {
  return new URL(/* @vite-ignore */ `./clips/${name}`, import.meta.url);
}
