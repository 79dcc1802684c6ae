// How many threads are worth having here, by a measurement. navigator.hardwareConcurrency counts what the machine has, not
// what is left: hyperthreads, slow cores, other tabs and other programs make more threads slower.

/** Threads at most; beyond, GIT's matrices are too small to share. */
const most = 8;
/** A number of threads must be so much faster than a smaller one. */
const gain = 1.15;

/**
 * The number of threads that does most work in a given time, as few as come close. Runs up to 8 workers for some 10 ms
 * each, twice. 1 where workers cannot be started.
 */
export async function measureThreads(): Promise<number> {
  const candidates = [1, 2, 4, 8].filter((n) => n <= Math.min(most, navigator.hardwareConcurrency ?? 1));
  const workers: Worker[] = [];
  try {
    for (let i = 0; i < (candidates.at(-1) ?? 1); i++) {
      workers.push(new Worker(new URL("./thread-worker.js", import.meta.url), { type: "module" }));
    }
    await Promise.all(workers.map(round)); // starts them, and has their loops compiled
    let best = 1;
    let bestRate = 0;
    for (const n of candidates) {
      const rates = [];
      for (let tries = 0; tries < 2; tries++) {
        const start = performance.now();
        await Promise.all(workers.slice(0, n).map(round));
        rates.push(n / (performance.now() - start));
      }
      const rate = Math.max(...rates);
      if (rate > bestRate * gain) [best, bestRate] = [n, rate];
    }
    return best;
  } catch {
    return 1;
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

/** One piece of work, the same for all workers. */
function round(worker: Worker): Promise<void> {
  return new Promise((done, fail) => {
    worker.onmessage = () => done();
    worker.onerror = () => fail(new Error("the worker failed"));
    worker.postMessage(null);
  });
}
