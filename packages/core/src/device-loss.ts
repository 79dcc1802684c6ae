// What survives the loss of a GPU device: a call. A backend that opened its device opens another at the next run; all that
// was on the old one is gone, so a call begins again from what the host still has, once. Searches are deterministic,
// so the second time gives the same tokens.
import { GlimpseError } from "@glimpsejs/base";

/** Whether an error says that a device was lost. */
function isLoss(error: unknown): boolean {
  return GlimpseError.isInstance(error) && error.code === "device-lost";
}

/** What `task` gives; if its device is lost, what it gives after `renew`. */
export async function survivingLoss<T>(task: () => Promise<T>, renew: () => Promise<void>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!isLoss(error)) throw error;
    await renew();
    return task();
  }
}

/** The steps that `begin` gives; if their device is lost, the missing ones of those that it gives after `renew`. */
export async function* stepsSurvivingLoss<S, R>(
  begin: () => AsyncGenerator<S, R, undefined>,
  renew: () => Promise<void>,
): AsyncGenerator<S, R, undefined> {
  let given = 0;
  try {
    const steps = begin();
    try {
      for (let step = await steps.next(); ; step = await steps.next()) {
        if (step.done) return step.value;
        given++;
        yield step.value;
      }
    } finally {
      await steps.return(undefined as R); // what it holds is freed
    }
  } catch (error) {
    if (!isLoss(error)) throw error;
  }
  await renew();
  const steps = begin();
  try {
    for (let step = await steps.next(); ; step = await steps.next()) {
      if (step.done) return step.value;
      if (given > 0) given--;
      else yield step.value;
    }
  } finally {
    await steps.return(undefined as R);
  }
}
