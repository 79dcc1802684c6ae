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

/** Bytes from which memory is given back: less is left to the garbage collector, which has less to do with it than this. */
const leastBytes = 4096;

/** Bytes that wait for the next results of their size at most: what one picture of git-base needs. */
const mostKept = 10_000_000;

/** The memory of the values of one backend: what runs still read, what may go, and what is used again. */
export class Memory {
  private readonly readings = new Set<Reading>();
  /** Arrays that {@link take} has made. */
  private readonly reusable = new WeakSet<object>();
  private readonly kept: Float32Array[] = [];
  /** What goes with the next microtask: tensors are freed one by one, and giving back takes as long for one as for all. */
  private readonly going: OrtValue[] = [];

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

  /** An array for a result, with anything in it. What is freed of these is kept for the next of its length, up to a limit. */
  take(length: number): Float32Array {
    const index = this.kept.findIndex((array) => array.length === length);
    const [array = new Float32Array(length)] = index < 0 ? [] : this.kept.splice(index, 1);
    this.reusable.add(array);
    return array;
  }

  /** No run that begins from now on reads the values. */
  free(values: readonly OrtValue[]): void {
    for (const value of values) {
      if (this.isRead(value) || this.keeps(value.data)) continue;
      if (this.going.push(value) === 1) queueMicrotask(() => giveBack(this.going.splice(0)));
    }
  }

  private keeps(data: OrtValue["data"]): boolean {
    if (!(data instanceof Float32Array) || !this.reusable.delete(data)) return false;
    const bytes = this.kept.reduce((sum, { byteLength }) => sum + byteLength, data.byteLength);
    if (bytes <= mostKept) this.kept.push(data);
    return bytes <= mostKept;
  }

  /** Whether a run reads a value, which then goes when that has ended. */
  private isRead(value: OrtValue): boolean {
    for (const { values, unwanted } of this.readings) {
      if (!values.includes(value)) continue;
      unwanted.push(value);
      return true;
    }
    return false;
  }
}

/** One end of a channel whose other end is closed: what is sent there is gone, with all that is transferred. */
let nowhere: MessagePort | undefined;

/** Detaches the memory of the values. What cannot be detached is left to the garbage collector. */
function giveBack(values: readonly OrtValue[]): void {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of values) {
    if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer && data.byteLength >= leastBytes)
      buffers.add(data.buffer);
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
