// The sample pictures of the demo checkpoint, by name.

/** Address of a sample picture: `picture("01.png")`. */
export function picture(name) {
  return new URL(`../../packages/demo-model/samples/pictures/${name}`, import.meta.url);
}
