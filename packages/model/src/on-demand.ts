// What is fetched when weights are rounded, were rounded when they were stored, or pictures have another size than the
// model's, behind one import(): a page that captions with a published checkpoint as it is needs none of it.
export { interpolatePositions } from "./interpolate.ts";
export { quantizeInPieces } from "./quantize-in-pieces.ts";
export { checkQuantizationConfig, joinQuantized } from "./stored-quantized.ts";
