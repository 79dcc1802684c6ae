// The URL of every sample picture and clip, each written out for bundlers, as in files.ts. samples.json says what each
// shows.

/** The samples, by their name in samples.json; samples.json too. */
export const sampleFiles: Readonly<Record<string, URL>> = {
  "samples.json": new URL("../samples/samples.json", import.meta.url),
  "pictures/01.png": new URL("../samples/pictures/01.png", import.meta.url),
  "pictures/02.png": new URL("../samples/pictures/02.png", import.meta.url),
  "pictures/03.jpg": new URL("../samples/pictures/03.jpg", import.meta.url),
  "pictures/04.png": new URL("../samples/pictures/04.png", import.meta.url),
  "pictures/05.png": new URL("../samples/pictures/05.png", import.meta.url),
  "pictures/06.jpg": new URL("../samples/pictures/06.jpg", import.meta.url),
  "pictures/07.png": new URL("../samples/pictures/07.png", import.meta.url),
  "pictures/08.png": new URL("../samples/pictures/08.png", import.meta.url),
  "pictures/09.jpg": new URL("../samples/pictures/09.jpg", import.meta.url),
  "pictures/10.png": new URL("../samples/pictures/10.png", import.meta.url),
  "pictures/11.png": new URL("../samples/pictures/11.png", import.meta.url),
  "pictures/12.jpg": new URL("../samples/pictures/12.jpg", import.meta.url),
  "clips/01.mp4": new URL("../samples/clips/01.mp4", import.meta.url),
  "clips/02.mp4": new URL("../samples/clips/02.mp4", import.meta.url),
  "clips/03.mp4": new URL("../samples/clips/03.mp4", import.meta.url),
  "clips/04.mp4": new URL("../samples/clips/04.mp4", import.meta.url),
  "clips/05.mp4": new URL("../samples/clips/05.mp4", import.meta.url),
  "clips/06.webm": new URL("../samples/clips/06.webm", import.meta.url),
};
