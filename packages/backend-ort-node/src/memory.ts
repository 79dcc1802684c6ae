// Memory that is given back, or used again, as soon as nothing needs it. The runtime returns every output in new memory. Left
// to the garbage collector, what a few steps leave behind makes it run several times a caption, on the cores of the next step.
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
  private readonly going: OrtValue["data"][] = [];

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
      if (this.isRead(value)) continue;
      if (value.data instanceof Float32Array && this.reusable.delete(value.data)) this.keep(value.data);
      else this.letGo(value.data);
    }
  }

  /** The oldest go, so that what was used last is used again: after eight pictures at once those of one. */
  private keep(array: Float32Array): void {
    this.kept.push(array);
    let bytes = this.kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
    while (bytes > mostKept) {
      const [oldest = array] = this.kept.splice(0, 1);
      bytes -= oldest.byteLength;
      this.letGo(oldest);
    }
  }

  private letGo(data: OrtValue["data"]): void {
    if (this.going.push(data) === 1) queueMicrotask(() => giveBack(this.going.splice(0)));
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

/** Detaches memory. What cannot be detached is left to the garbage collector. */
function giveBack(all: readonly OrtValue["data"][]): void {
  const buffers = new Set<ArrayBuffer>();
  for (const data of all) {
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
