// Finds the entries of a zip archive whose entries are stored, not compressed, as torch.save writes them: so each is
// a byte range of the file. Reads the directory at the end and the local headers of the entries that are asked for.
// Does not decompress, decrypt or verify checksums, and treats entry names as plain strings, never as paths.
// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3
import { GlimpseError, type Problem, show } from "@glimpsejs/base";
import { type ByteSource, readRange } from "../byte-source.ts";
import { fail } from "./fail.ts";

/** A byte range of the archive. */
export interface ZipRange {
  readonly offset: number;
  readonly length: number;
}

/** The entries of a zip archive, all of them stored and none touching another. */
export interface ZipDirectory {
  /** In the order of the directory, without duplicates. */
  readonly names: readonly string[];
  /**
   * Where the bytes of an entry are, from its local header. Throws "invalid-weights" if there is no such entry, or
   * its local header contradicts the directory or makes it overlap what follows.
   */
  locate(name: string, signal?: AbortSignal): Promise<ZipRange>;
}

interface Entry {
  readonly name: string;
  readonly nameLength: number;
  readonly flags: number;
  readonly method: number;
  readonly storedSize: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly offset: number;
}

const maxEntries = 100_000;
const maxDirectoryBytes = 100_000_000;
const localLength = 30;
const entryLength = 46;
const endLength = 22;
const locatorLength = 20;
const end64Length = 56;
const ones16 = 0xffff;
const ones32 = 0xffffffff;

/** Reads the directory of a zip archive. Throws "invalid-weights" on anything that torch.save would not have written. */
export async function readZipDirectory(source: ByteSource, signal?: AbortSignal): Promise<ZipDirectory> {
  const directory = await findDirectory(source, signal);
  const bytes = await readRange(source, directory.offset, directory.length, signal);
  const entries = parseDirectory(bytes, directory.count, source.name);
  const limits = checkEntries(entries, directory.offset, source.name);
  return {
    names: [...limits.keys()],
    async locate(name, signal) {
      const subject = `${show(name)} in ${source.name}`;
      const { entry, limit } = limits.get(name) ?? fail({ subject, problem: "there is no such entry in the archive" });
      const local = await readRange(source, entry.offset, localLength + entry.nameLength, signal);
      const fields = new Fields(local);
      const offset = entry.offset + localLength + fields.u16(26) + fields.u16(28);
      // With flag 8 (torch sets it) the sizes stand after the data and the local header may hold zeros.
      const sizes = [entry.size, ones32, ...((entry.flags & 8) === 8 ? [0] : [])];
      if (
        fields.u32(0) !== 0x04034b50 ||
        fields.u16(6) !== entry.flags ||
        fields.u16(8) !== entry.method ||
        !sizes.includes(fields.u32(22)) ||
        fields.u16(26) !== entry.nameLength ||
        decodeName(local.subarray(localLength), source.name) !== name
      ) {
        fail({ subject, problem: "its local header contradicts the directory of the archive" });
      }
      if (offset + entry.size > limit) {
        const [expected, got] = [`an end at or before byte ${limit}`, String(offset + entry.size)];
        fail({ subject, problem: "its data overlaps what follows it", expected, got });
      }
      return { offset, length: entry.size };
    },
  };
}

/** Finds the directory from the records at the very end of the file; with ZIP64 there are three of them, else one. */
async function findDirectory(source: ByteSource, signal?: AbortSignal): Promise<ZipRange & { readonly count: number }> {
  const subject = source.name;
  const tailLength = Math.min(source.size, endLength + locatorLength + end64Length);
  const tail = await readRange(source, source.size - tailLength, tailLength, signal);
  const end = new Fields(tail.subarray(-endLength));
  if (tailLength < endLength || end.u32(0) !== 0x06054b50 || end.u16(20) !== 0) {
    const advice = "The file was cut off, or something was appended to it; fetch it again.";
    return fail({ subject, problem: "it does not end as a zip archive ends", advice });
  }
  let records = source.size - endLength; // where the records after the directory begin
  let [count, length, offset] = [end.u16(10), end.u32(12), end.u32(16)];
  const locator = new Fields(tail.subarray(-endLength - locatorLength));
  if (tailLength === endLength + locatorLength + end64Length && locator.u32(0) === 0x07064b50) {
    const end64 = new Fields(tail);
    records = source.size - tailLength;
    if (end64.u32(0) !== 0x06064b50 || locator.u64(8) !== records) {
      fail({ subject, problem: "its ZIP64 records contradict each other" });
    }
    if (count === ones16) count = end64.u64(32);
    if (length === ones32) length = end64.u64(40);
    if (offset === ones32) offset = end64.u64(48);
  }
  if (offset + length !== records) {
    const [expected, got] = [`an end at byte ${records}`, String(offset + length)];
    fail({ subject, problem: "the directory of the archive is not where it should be", expected, got });
  }
  if (count > maxEntries || length > maxDirectoryBytes) {
    const expected = `at most ${maxEntries} entries in ${maxDirectoryBytes} bytes`;
    fail({ subject, problem: "the archive is too large", expected, got: `${count} entries in ${length} bytes` });
  }
  return { offset, length, count };
}

function parseDirectory(bytes: Uint8Array, count: number, file: string): readonly Entry[] {
  const broken = (): never => fail({ subject: file, problem: "the directory of the archive is broken" });
  const entries: Entry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const fields = new Fields(bytes.subarray(at));
    if (fields.length < entryLength || fields.u32(0) !== 0x02014b50) return broken();
    const [nameLength, extraLength, commentLength] = [fields.u16(28), fields.u16(30), fields.u16(32)];
    const extraStart = entryLength + nameLength;
    const next = extraStart + extraLength + commentLength;
    if (next > fields.length) return broken();
    // Fields that are all ones stand in the ZIP64 extra, 8 bytes each, in this order.
    const wide = zip64Fields(bytes.subarray(at + extraStart, at + extraStart + extraLength));
    const read = (narrow: number): number => (narrow === ones32 ? (wide.shift() ?? broken()) : narrow);
    const size = read(fields.u32(24));
    const storedSize = read(fields.u32(20));
    const offset = read(fields.u32(42));
    const name = decodeName(bytes.subarray(at + entryLength, at + extraStart), file);
    entries.push({ name, nameLength, flags: fields.u16(8), method: fields.u16(10), storedSize, size, offset });
    at += next;
  }
  return at === bytes.length ? entries : broken();
}

/** The 8-byte fields of the ZIP64 part of an extra field; empty if it has none. */
function zip64Fields(extra: Uint8Array): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const fields = new Fields(extra.subarray(at));
    const length = fields.u16(2);
    if (fields.u16(0) === 1 && 4 + length <= fields.length) {
      return Array.from({ length: Math.floor(length / 8) }, (_, i) => fields.u64(4 + 8 * i));
    }
    at += 4 + length;
  }
  return [];
}

/** Refuses what cannot be read by ranges; gives each entry with the byte that its data must not pass. */
function checkEntries(
  entries: readonly Entry[],
  directoryOffset: number,
  file: string,
): ReadonlyMap<string, { readonly entry: Entry; readonly limit: number }> {
  const problems: Problem[] = [];
  const limits = new Map<string, { readonly entry: Entry; readonly limit: number }>();
  const starts = entries.map((entry) => entry.offset).sort((a, b) => a - b);
  // Reversed, so that of two entries at one place the first counts, whose next start is the same place.
  const nextStart = new Map(starts.map((start, i) => [start, starts[i + 1] ?? directoryOffset] as const).reverse());
  for (const entry of entries) {
    const subject = `${show(entry.name)} in ${file}`;
    const limit = nextStart.get(entry.offset) ?? directoryOffset;
    if (entry.method !== 0) {
      const advice = "PyTorch stores entries uncompressed; unpack the archive and save the checkpoint again.";
      problems.push({ subject, problem: "it is compressed", expected: "method 0", got: `${entry.method}`, advice });
    } else if (entry.storedSize !== entry.size) problems.push({ subject, problem: "its two sizes differ" });
    if ((entry.flags & 1) !== 0) problems.push({ subject, problem: "it is encrypted" });
    if (limits.has(entry.name)) problems.push({ subject, problem: "there are two entries of this name" });
    if (entry.offset + localLength + entry.nameLength + entry.storedSize > limit) {
      problems.push({ subject, problem: "it overlaps another entry or the directory of the archive" });
    }
    limits.set(entry.name, { entry, limit });
  }
  if (problems.length > 0) fail(problems);
  return limits;
}

function decodeName(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new GlimpseError(
      { subject: file, problem: "an entry of the archive has a name that is not UTF-8" },
      { code: "invalid-weights", cause },
    );
  }
}

/** Little-endian fields of a record. The caller checks the length. */
class Fields {
  readonly length: number;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(at: number): number {
    return this.view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** Rounded above 2^53, where it is larger than any file anyway. */
  u64(at: number): number {
    return Number(this.view.getBigUint64(at, true));
  }
}
