// The packing of GIF pixels: Lempel-Ziv-Welch with codes that grow from `size + 1` to 12 bits, in blocks of up to 255
// bytes (GIF89a specification, appendix F).

/** `count` indices unpacked from `bytes` at `start` (the code size, then blocks), or undefined if they are not all there. */
export function unpackLzw(bytes: Uint8Array, start: number, count: number): Uint8Array | undefined {
  const size = bytes[start] ?? 0;
  if (size < 1 || size > 11) return undefined;
  const [clear, stop] = [2 ** size, 2 ** size + 1];
  const prefix = new Uint16Array(4096);
  const suffix = new Uint8Array(4096);
  const lengths = new Uint16Array(4096).fill(1, 0, clear);
  for (let code = 0; code < clear; code++) suffix[code] = code;
  const out = new Uint8Array(count);
  let [at, left] = [start + 1, 0]; // in the file, and in its block
  let [bits, bitCount] = [0, 0];
  let [width, free, previous] = [size + 1, stop + 1, -1];
  let to = 0;
  while (to < count) {
    while (bitCount < width) {
      if (left === 0) {
        left = bytes[at++] ?? 0;
        if (left === 0) return undefined;
      }
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      left--;
      bits |= byte << bitCount;
      bitCount += 8;
    }
    const code = bits & (2 ** width - 1);
    bits >>>= width;
    bitCount -= width;
    if (code === stop) return undefined;
    if (code === clear) {
      [width, free, previous] = [size + 1, stop + 1, -1];
      continue;
    }
    // A code that is about to be defined stands for the last string and its first index again.
    if (code > free || (code === free && previous < 0) || (previous < 0 && code >= clear)) return undefined;
    const from = code === free ? previous : code;
    const length = lengths[from] ?? 0;
    let first = from;
    for (let i = to + length - 1; i >= to; i--) {
      if (i < count) out[i] = suffix[first] ?? 0;
      if (i > to) first = prefix[first] ?? 0;
    }
    const head = suffix[first] ?? 0;
    to += length;
    if (code === free) {
      if (to < count) out[to] = head;
      to++;
    }
    if (previous >= 0 && free < 4096) {
      prefix[free] = previous;
      suffix[free] = head;
      lengths[free] = (lengths[previous] ?? 0) + 1;
      free++;
      if (free === 2 ** width && width < 12) width++;
    }
    previous = code;
  }
  return out;
}
