// Says from its first bytes what a file is, so that only pictures of known formats reach a decoder.
// Looks at signatures only: whether the rest holds a picture is for the decoder to find out.

/** The formats that are decoded. */
export type PictureFormat = "jpeg" | "png" | "gif" | "webp" | "tiff" | "avif";

/** A format that can be decoded, or what the bytes are instead. */
export type PictureKind =
  | { readonly format: PictureFormat }
  | { readonly refused: string; readonly advice?: string | undefined };

interface Signature {
  /** Matched against the first bytes, each one character. */
  readonly starts?: readonly string[];
  readonly pattern?: RegExp;
  readonly kind: PictureKind;
}

const fetchAgain = "The download gave something else than the picture; fetch it again.";
const convert = "Convert it to PNG, JPEG or WebP first.";
const chooseFrames = "Open it with loadClip(), which chooses frames of it.";

const signatures: readonly Signature[] = [
  { starts: ["\xff\xd8\xff"], kind: { format: "jpeg" } },
  { starts: ["\x89PNG\r\n\x1a\n"], kind: { format: "png" } },
  { starts: ["GIF87a", "GIF89a"], kind: { format: "gif" } },
  { starts: ["II*\0", "MM\0*"], kind: { format: "tiff" } },
  { pattern: /^RIFF.{4}WEBP/s, kind: { format: "webp" } },
  { pattern: /^RIFF.{4}AVI /s, kind: { refused: "a video", advice: chooseFrames } },
  { starts: ["\x1a\x45\xdf\xa3"], kind: { refused: "a video", advice: chooseFrames } },
  { starts: ["BM"], kind: { refused: "a BMP picture", advice: convert } },
  { starts: ["\xff\x0a", "\0\0\0\x0cJXL "], kind: { refused: "a JPEG XL picture", advice: convert } },
  { starts: ["\xff\x4f\xff\x51", "\0\0\0\x0cjP  "], kind: { refused: "a JPEG 2000 picture", advice: convert } },
  { starts: ["II+\0", "MM\0+"], kind: { refused: "a BigTIFF picture", advice: convert } },
  { starts: ["%PDF-"], kind: { refused: "a PDF document", advice: "Render the page to PNG first." } },
  { starts: ["PK\x03\x04"], kind: { refused: "a zip archive", advice: "Unpack it first." } },
  { starts: ["\x1f\x8b"], kind: { refused: "gzip-compressed data", advice: "Unpack it first." } },
  {
    starts: ["\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"],
    kind: { refused: "a Python pickle", advice: "Pickles can run code and are not read." },
  },
  {
    starts: ["version https://git-lfs"],
    kind: {
      refused: "a Git LFS pointer",
      advice: 'Fetch the file that it points to, for example with "git lfs pull".',
    },
  },
  { pattern: /^\s*<(!doctype html|html|head|body)/i, kind: { refused: "an HTML page", advice: fetchAgain } },
  {
    pattern: /^\s*<(\?xml|!doctype|!--|svg)/i,
    kind: { refused: "SVG or other XML", advice: "SVG can load other files and is not read; render it to PNG first." },
  },
  { pattern: /^\s*[{[]\s*["{[\]}]/, kind: { refused: "JSON text", advice: fetchAgain } },
];

/** What the file that begins with `head` (256 bytes or more, where there are) is. */
export function pictureKind(head: Uint8Array): PictureKind {
  if (head.length === 0) return { refused: "nothing: there are no bytes, or their buffer was transferred elsewhere" };
  const start = head.subarray(0, 256);
  if (start.every((byte) => byte === 0)) return { refused: "nothing but zeros", advice: fetchAgain };
  const text = String.fromCharCode(...start);
  if (text.startsWith("ftyp", 4)) return isoKind(text.slice(8, head[3] ?? 0));
  const known = signatures.find(
    ({ starts, pattern }) => starts?.some((bytes) => text.startsWith(bytes)) || pattern?.test(text),
  );
  return known?.kind ?? { refused: "a file of an unknown format" };
}

/** Files of ISO boxes list the brands that may read them, four letters each: AVIF is one, HEIC and MP4 are others. */
function isoKind(text: string): PictureKind {
  const brands: readonly string[] = text.match(/.{4}/gs) ?? [];
  if (brands.includes("avif") || brands.includes("avis")) return { format: "avif" };
  const heic = brands.some((brand) => /^(hei[cmsx]|hev[cmx]|mif1|msf1)$/.test(brand));
  return heic ? { refused: "a HEIC picture", advice: convert } : { refused: "a video", advice: chooseFrames };
}
