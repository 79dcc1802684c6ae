// The process of one measurement: takes a job from its parent, sends back what it measured, and ends.
import { type BackendName, type Job, measure } from "./measure.ts";

process.once("message", async ({ job, backend }: { job: Job; backend: BackendName }) => {
  const measurement = await measure(job, backend);
  process.send?.(measurement, () => process.disconnect());
});
