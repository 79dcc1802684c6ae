// Mutations for fuzzing the safetensors header: fast, seeded, and aware of what such a header is made of.

/** Valid headers to start from, with the bytes of data that each needs. */
export const seeds: readonly { readonly header: Uint8Array; readonly dataLength: number }[] = [
  ["{}", 0] as const,
  ['{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  ', 4] as const,
  ['{"__metadata__":{"format":"pt"},"a.b":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}}', 12] as const,
  [
    '{"x":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"\\u00e9":{"dtype":"BOOL","shape":[0,7],"data_offsets":[8,8]},"z":{"dtype":"BF16","shape":[1,1],"data_offsets":[8,10]}}',
    10,
  ] as const,
].map(([header, dataLength]) => ({ header: new TextEncoder().encode(header), dataLength }));

const tokens = [
  ...'{}[]",:\\ \n\t\0-+.0123456789eE',
  "null",
  "true",
  "[]",
  "{}",
  '""',
  "-0",
  "1e3",
  "9007199254740991",
  "9007199254740993",
  "18446744073709551615",
  '"__metadata__":',
  '"__proto__":',
  '"dtype":',
  '"shape":',
  '"data_offsets":',
  '"F4"',
  '"F64"',
  '"U8"',
  "[0,0]",
  "[4,4]",
  "\\ud800",
  "\\u0000",
  "\ufeff",
].map((token) => new TextEncoder().encode(token));

/** A generator of uniform numbers in [0, 1), the same for the same seed: xorshift32 (Marsaglia 2003). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** `bytes` with one to four changes: a byte, a token put in or over something, a piece cut, doubled or moved. */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  let result = bytes;
  const pick = (limit: number) => Math.floor(random() * limit);
  for (let changes = 1 + pick(4); changes > 0; changes--) {
    const [at, length] = [pick(result.length + 1), pick(8)];
    const end = Math.min(result.length, at + length);
    switch (pick(6)) {
      case 0:
        result = splice(result, at, at + 1, Uint8Array.of(pick(256)));
        break;
      case 1:
        result = splice(result, at, at, tokens[pick(tokens.length)]);
        break;
      case 2:
        result = splice(result, at, end, tokens[pick(tokens.length)]);
        break;
      case 3:
        result = splice(result, at, end);
        break;
      case 4:
        result = splice(result, at, at, result.subarray(at, at + 1 + pick(60)));
        break;
      default: {
        const from = pick(result.length + 1);
        result = splice(result, at, end, result.subarray(from, from + 1 + pick(60)));
      }
    }
  }
  return result;
}

function splice(bytes: Uint8Array, begin: number, end: number, middle: Uint8Array = new Uint8Array(0)): Uint8Array {
  const tail = bytes.subarray(end);
  const result = new Uint8Array(begin + middle.length + tail.length);
  result.set(bytes.subarray(0, begin));
  result.set(middle, begin);
  result.set(tail, begin + middle.length);
  return result;
}

/** The length of the data, mostly as the seed needs it. */
export function mutateLength(length: number, random: () => number): number {
  return random() < 0.8 ? length : Math.floor(random() * 20);
}
