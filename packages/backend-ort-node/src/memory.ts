// Memory that is given back as soon as nothing needs it. The runtime returns every output in new memory. Left to the
// garbage collector, what a few steps leave behind makes it run several times a caption, on the cores of the next step.
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { OrtValue } from "./device-tensor.ts";

/** A run that waits or computes. */
export interface Reading {
  readonly values: readonly OrtValue[];
  /** What was freed meanwhile although it reads it. */
  readonly unwanted: OrtValue[];
}

/** The memory of the values of one backend: what runs still read, and what may go. */
export class Memory {
  private readonly readings = new Set<Reading>();

  /** A run will read the values, which stay until its {@link end}. */
  begin(values: readonly OrtValue[]): Reading {
    const reading = { values, unwanted: [] };
    this.readings.add(reading);
    return reading;
  }

  /** The run has ended. */
  end(reading: Reading): void {
    this.readings.delete(reading);
    this.free(reading.unwanted);
  }

  /** No run that begins from now on reads the values. */
  free(values: readonly OrtValue[]): void {
    const readings = [...this.readings];
    const idle = values.filter((value) => {
      const reading = readings.find((one) => one.values.includes(value));
      reading?.unwanted.push(value);
      return reading === undefined;
    });
    if (idle.length > 0) giveBack(idle);
  }
}

/** One end of a channel whose other end is closed: what is sent there is gone, with all that is transferred. */
let nowhere: MessagePort | undefined;

/** Detaches the memory of the values. What cannot be detached is left to the garbage collector. */
function giveBack(values: readonly OrtValue[]): void {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of values) {
    if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer && data.byteLength > 0) buffers.add(data.buffer);
  }
  if (buffers.size === 0) return;
  try {
    nowhere ??= closedChannel();
    nowhere.postMessage(undefined, [...buffers]);
  } catch {}
}

function closedChannel(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}
