// The rate of reading a file, of small files: that there is one, not how large it is.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { readRate } from "./read-rate.ts";

test("a file is read at some rate, and a folder without weights has none", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "glimpse-read-"));
  try {
    expect(readRate(folder)).toBeUndefined();
    writeFileSync(path.join(folder, "small.safetensors"), "x");
    writeFileSync(path.join(folder, "large.safetensors"), new Uint8Array(9_000_000));
    expect(readRate(folder)).toBeGreaterThan(1e6);
    expect(readRate(folder)).toBeLessThan(1e13);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
