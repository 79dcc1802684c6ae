/** A package as it is published. */
export interface Packed {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}
/** Packs every public package into `folder`: name to tarball. Needs a build. */
export function packAll(folder: string): Readonly<Record<string, Packed>>;
