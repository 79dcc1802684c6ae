// What is fetched when weights are rounded, were rounded when they were stored, or pictures have another size than the
// model's, behind one import(): a page that captions with a published checkpoint as it is needs none of it.
export { quantize } from "@glimpsejs/graph";
export { interpolatePositions } from "./interpolate.ts";
export { checkQuantizationConfig, joinQuantized } from "./stored-quantized.ts";
