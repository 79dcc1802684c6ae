// Property tests draw the same cases in every run, so that a change is judged by what it changes; the slow sweeps
// (TEST_FULL=1) draw new ones each time. A failure prints its seed; TEST_SEED=… draws those cases again.
import fc from "fast-check";

const { TEST_SEED, TEST_FULL } = process.env;
if (TEST_SEED !== undefined) fc.configureGlobal({ seed: Number(TEST_SEED) });
else if (TEST_FULL !== "1") fc.configureGlobal({ seed: 2022 });
