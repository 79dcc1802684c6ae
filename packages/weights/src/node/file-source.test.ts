import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSafetensors } from "../safetensors.ts";
import { writeSafetensors } from "../safetensors-writer.ts";
import { fileSource } from "./file-source.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "glimpse-file-"));
});
afterEach(() => rm(folder, { recursive: true }));

const model = writeSafetensors({ w: { dtype: "float32", shape: [256], data: new Float32Array(256).fill(1) } });

describe("fileSource", () => {
  test("reads ranges, and knows the real path behind a link", async () => {
    const [blob, link] = [join(folder, "blob"), join(folder, "model.safetensors")];
    await writeFile(blob, Uint8Array.of(1, 2, 3, 4));
    await symlink("blob", link);
    const source = await fileSource(link);
    expect([source.name, source.file?.path, source.size]).toEqual([link, blob, 4]);
    expect(await source.read(1, 2)).toEqual(Uint8Array.of(2, 3));
    expect(await source.file?.read?.(1, 2)).toEqual(Uint8Array.of(2, 3));
    expect(await source.read(4, 0)).toEqual(new Uint8Array(0));
    await source.dispose?.();
    await source.dispose?.();
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: "disposed" });
  });

  test("names a file that does not exist, and a loop of links", async () => {
    await symlink("loop", join(folder, "loop"));
    for (const [name, code] of [
      ["absent", "ENOENT"],
      ["loop", "ELOOP"],
    ] as const) {
      const error = await fileSource(join(folder, name)).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "missing-file", cause: { code } });
      expect(String(error)).toContain(join(folder, name));
    }
  });

  test("refuses a directory, a FIFO and a device, without waiting for them", async () => {
    await mkdir(join(folder, "sub"));
    await expect(fileSource(join(folder, "sub"))).rejects.toThrow(
      /is not a regular file, got a directory|cannot be opened/,
    );
    if (process.platform === "win32") return;
    execFileSync("mkfifo", [join(folder, "fifo")]);
    await expect(fileSource(join(folder, "fifo"))).rejects.toThrow("it is not a regular file, got a FIFO");
    await expect(fileSource("/dev/zero")).rejects.toThrow("it is not a regular file, got a device");
  });

  test("stops on abort", async () => {
    const path = join(folder, "f");
    await writeFile(path, "1234");
    const source = await fileSource(path);
    await expect(source.read(0, 4, AbortSignal.abort("enough"))).rejects.toMatchObject({
      code: "aborted",
      cause: "enough",
    });
    expect(await source.read(0, 4)).toHaveLength(4);
    await source.dispose?.();
  });
});

describe("A12: files that change while they are open", () => {
  test("A12: a file that is cut off", async () => {
    const path = join(folder, "model.safetensors");
    await writeFile(path, model);
    const weights = await openSafetensors(await fileSource(path));
    await truncate(path, model.length - 1);
    await expect(weights.get("w")?.bytes()).rejects.toThrow(
      /model\.safetensors: the file changed while it was open, expected/,
    );
    await weights.dispose?.();
  });

  test("A12: a file that is rewritten in place with as many bytes", async () => {
    const path = join(folder, "model.safetensors");
    await writeFile(path, model);
    await utimes(path, 1, 1);
    const weights = await openSafetensors(await fileSource(path));
    await writeFile(path, new Uint8Array(model.length));
    await expect(weights.get("w")?.bytes()).rejects.toMatchObject({ code: "invalid-weights" });
    await weights.dispose?.();
  });

  test("A12: a file that is replaced by another stays readable as it was", async () => {
    if (process.platform === "win32") return;
    const path = join(folder, "model.safetensors");
    await writeFile(path, model);
    const weights = await openSafetensors(await fileSource(path));
    await writeFile(`${path}.new`, "something else");
    await rename(`${path}.new`, path);
    expect(await weights.get("w")?.bytes()).toEqual(model.slice(-1024));
    await weights.dispose?.();
  });

  test("A12: tells whether the path still leads to the file", async () => {
    if (process.platform === "win32") return;
    const path = join(folder, "model.safetensors");
    await writeFile(path, model);
    const source = await fileSource(path);
    expect(await source.file?.isInPlace()).toBe(true);
    await rename(path, `${path}.old`);
    expect(await source.file?.isInPlace()).toBe(false);
    await writeFile(path, model);
    expect(await source.file?.isInPlace()).toBe(false);
    await rename(`${path}.old`, path);
    expect(await source.file?.isInPlace()).toBe(true);
    await truncate(path, 1);
    await expect(source.file?.isInPlace()).rejects.toThrow("the file changed while it was open");
    await source.dispose?.();
    await expect(source.file?.isInPlace()).rejects.toMatchObject({ code: "disposed" });
  });
});
