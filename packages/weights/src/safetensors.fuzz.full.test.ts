// The long fuzz of the safetensors header parser: a fixed time, and a count to compare with other parsers' campaigns.
import { expect, test } from "vitest";
import { fuzzInput, parseOrRefuse } from "../test/fuzz.ts";

const seconds = 60;

test(`the header parser survives ${seconds} s of mutated headers`, { timeout: (seconds + 60) * 1000 }, () => {
  Error.stackTraceLimit = 0; // stack traces take most of the time otherwise
  const first = Date.now() % 2 ** 31;
  const end = performance.now() + seconds * 1000;
  let [count, accepted] = [0, 0];
  while (performance.now() < end) {
    for (let i = 0; i < 1000; i++, count++) {
      const seed = (first + count) | 0;
      const { header, dataLength } = fuzzInput(seed);
      try {
        if (parseOrRefuse(header, dataLength)) accepted++;
      } catch (error) {
        throw new Error(`fuzz input of seed ${seed}: ${Buffer.from(header).toString("latin1")}`, { cause: error });
      }
    }
  }
  console.log(
    `safetensors header: ${count} inputs from seed ${first}, ${accepted} accepted, ${Math.round(count / seconds)} per second`,
  );
  expect(accepted).toBeGreaterThan(0);
});
