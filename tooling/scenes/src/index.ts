// Scenes for measuring the demo checkpoint: what a scene is, and its pixels. This file only lists the public names.
export { drawScene } from "./draw.ts";
export { type Placed, type Question, type Scene, sceneOf } from "./scene.ts";
export { loadSprites, type Sprites, styles } from "./sprites.ts";
