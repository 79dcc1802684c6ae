// The sample pictures and clips of the demo checkpoints, by name.

/** Address of a sample picture: `picture("01.png")`. */
export function picture(name) {
  return new URL(`../../packages/demo-model/samples/pictures/${name}`, import.meta.url);
}

/** Address of a sample clip: `clip("01.mp4")`. */
export function clip(name) {
  return new URL(`../../packages/demo-model/samples/clips/${name}`, import.meta.url);
}
