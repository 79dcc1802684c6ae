import fc from "fast-check";
import { expect, test } from "vitest";
import { fuzzInput, parseOrRefuse } from "../test/fuzz.ts";
import { rawFile, typedError } from "../test/support.ts";
import { bytesSource } from "./byte-source.ts";
import { openSafetensors } from "./safetensors.ts";

// fast-check prints the seed and the input of a failure. The time limits keep slow machines within a few seconds.
const limit = { interruptAfterTimeLimit: 1000 };

test("mutated headers are right or refused with a typed error", () => {
  let accepted = 0;
  const property = fc.property(fc.integer(), (seed) => {
    const { header, dataLength } = fuzzInput(seed);
    if (parseOrRefuse(header, dataLength)) accepted++;
  });
  fc.assert(property, { numRuns: 50_000, ...limit });
  expect(accepted).toBeGreaterThan(0);
});

test("random JSON is right or refused with a typed error", () => {
  const property = fc.property(fc.json({ maxDepth: 4 }), fc.nat(8), (json, dataLength) => {
    parseOrRefuse(new TextEncoder().encode(json), dataLength);
    parseOrRefuse(new TextEncoder().encode(`{"w":${json}}`), dataLength);
    parseOrRefuse(new TextEncoder().encode(`{"w":{"dtype":"U8","shape":${json},"data_offsets":${json}}}`), dataLength);
  });
  fc.assert(property, { numRuns: 3000, ...limit });
});

test("random files are right or refused with a typed error", async () => {
  const file = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(8)).map(([header, length]) => rawFile(header, length)),
    fc.tuple(fc.integer(), fc.bigInt(0n, 2n ** 64n - 1n)).map(([seed, n]) => rawFile(fuzzInput(seed).header, 4, n)),
  );
  const property = fc.asyncProperty(file, async (bytes) => {
    const opened = await openSafetensors(bytesSource("fuzz", bytes)).catch((error: unknown) => error);
    if (opened instanceof Error) await typedError(Promise.reject(opened));
  });
  await fc.assert(property, { numRuns: 5000, ...limit });
});
