// What a backend has done and holds, counted where it happens.

/** Counts since the backend was opened, and what it holds now. */
export interface Counters {
  /** Runs of graphs. */
  runs: number;
  /** Dispatches of kernels. */
  dispatches: number;
  /** Submits of runs. */
  submits: number;
  /** Bytes that were copied back to the host. */
  bytesRead: number;
  /** Bytes of all buffers that exist now: weights, temporaries, tensors, staging, and freed ones that wait for reuse. */
  bytes: number;
  /** The most that `bytes` has been. */
  peakBytes: number;
  /** Bytes of tensors that somebody still holds. */
  tensorBytes: number;
  /** Pipelines that were made. */
  pipelines: number;
}

/** All zero. */
export function noCounts(): Counters {
  return {
    runs: 0,
    dispatches: 0,
    submits: 0,
    bytesRead: 0,
    bytes: 0,
    peakBytes: 0,
    tensorBytes: 0,
    pipelines: 0,
  };
}
