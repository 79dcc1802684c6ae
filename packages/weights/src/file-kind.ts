// Says what a file really is from its first bytes, for the messages about a file that is not what its name says.
// Never decides how a file is read.

/** The formats that can be read, and so can be expected of a file. */
export type WeightFormat = "safetensors" | "torch";

interface Kind {
  readonly name: string;
  readonly format?: WeightFormat;
  readonly advice: string;
  matches(bytes: Uint8Array, text: string): boolean;
}

const kinds: readonly Kind[] = [
  {
    // First, because the length that it begins with may look like any of the others.
    name: "a safetensors file",
    format: "safetensors",
    advice: 'Give it a name that ends in ".safetensors".',
    matches: (bytes, text) => text[8] === "{" && bytes[7] === 0 && bytes[6] === 0,
  },
  {
    name: "a zip archive, as PyTorch saves",
    format: "torch",
    advice: 'Give it the name "pytorch_model.bin", or convert it to safetensors.',
    matches: (_, text) => text.startsWith("PK\u0003\u0004"),
  },
  {
    name: "a Python pickle",
    advice: "Load it in PyTorch and save it as safetensors; pickles can run code and are not read.",
    matches: (bytes) => bytes[0] === 0x80 && (bytes[1] ?? 9) <= 5,
  },
  {
    name: "gzip-compressed data",
    advice: "Decompress it; a server that sent it compressed must be asked for the plain file.",
    matches: (bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b,
  },
  {
    name: "a Git LFS pointer",
    advice: 'Fetch the file that it points to, for example with "git lfs pull".',
    matches: (_, text) => text.startsWith("version https://git-lfs.github.com/"),
  },
  {
    name: "an HTML page",
    advice: "The download gave an error or login page; fetch the file again.",
    matches: (_, text) => /^\s*<(!doctype html|html|head|body)/i.test(text),
  },
  {
    name: "JSON text",
    advice: "The download gave an error message, or this is an index of shards; fetch the weights themselves.",
    matches: (_, text) => /^\s*[{[]\s*["{[\]}]/.test(text),
  },
];

/**
 * What the file that begins with `head` is (256 bytes of it are enough), with advice; undefined if that is unknown
 * or if it begins as a file of format `expected` does.
 */
export function fileKind(
  head: Uint8Array,
  expected: WeightFormat,
): { readonly name: string; readonly advice: string } | undefined {
  const bytes = head.subarray(0, 256);
  if (bytes.length > 0 && bytes.every((byte) => byte === 0)) {
    return {
      name: "nothing but zeros",
      advice: "A download was cut off after its space was reserved; fetch it again.",
    };
  }
  const text = String.fromCharCode(...bytes);
  const kind = kinds.find((candidate) => candidate.matches(bytes, text));
  return kind?.format === expected ? undefined : kind;
}
