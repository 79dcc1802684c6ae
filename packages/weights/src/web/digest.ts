// The digest under which the Hub names a file: SHA-256 of large files, git's object id of small ones, fed in pieces.
// Browsers' own crypto.subtle hashes only what is in memory as a whole, and only on secure pages.
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** Takes the bytes of a file in order. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** In hexadecimal; the end. */
  finish(): string;
}

/** The digest of a file of `size` bytes under the algorithm that `etag` is of. */
export function digestLike(etag: string, size: number): Digest {
  const isGit = etag.length === 40;
  const hash = isGit ? sha1.create() : sha256.create();
  if (isGit) hash.update(new TextEncoder().encode(`blob ${size}\0`));
  return { update: (bytes) => void hash.update(bytes), finish: () => bytesToHex(hash.digest()) };
}
