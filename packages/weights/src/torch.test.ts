import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { refusal, withFile } from "../test/support.ts";
import { type ByteSource, bytesSource } from "./byte-source.ts";
import { fileSource } from "./node/file-source.ts";
import { openSafetensors } from "./safetensors.ts";
import { readTensor } from "./tensor.ts";
import { openTorch } from "./torch.ts";

const data = async (name: string) => new Uint8Array(await readFile(new URL(`../test-data/${name}`, import.meta.url)));
const memory = async (name: string) => bytesSource(name, await data(name));
const refused = async (bytes: Uint8Array) => refusal(openTorch, bytes);

/** `bytes` with every occurrence of one ASCII text replaced by another of the same length. */
function patched(bytes: Uint8Array, from: string, to: string): Uint8Array {
  expect(to.length).toBe(from.length);
  const text = Buffer.from(bytes).toString("latin1");
  expect(text).toContain(from);
  return new Uint8Array(Buffer.from(text.replaceAll(from, to), "latin1"));
}

describe("openTorch", () => {
  test("reads every dtype and every kind of view as PyTorch does", async () => {
    const source = await openTorch(await memory("views.bin"));
    const expected = await openSafetensors(await memory("expected.safetensors"));
    expect(source.names.toSorted()).toEqual(expected.names.toSorted());
    for (const name of expected.names) {
      const [weight, reference] = [source.get(name), expected.get(name)];
      if (weight === undefined || reference === undefined) expect.fail(name);
      expect(await readTensor(weight), name).toEqual(await readTensor(reference));
      expect(weight.byteLength, name).toBe(reference.byteLength);
    }
  });

  test("reads the state dict of a module, with its metadata, and archives that were packed again", async () => {
    for (const name of ["module.bin", "rezipped.bin"]) {
      const source = await openTorch(await memory(name));
      expect(source.names).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
      const weight = source.get("0.weight");
      expect(weight && (await readTensor(weight)).data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    }
  });

  test("tells where in a local file contiguous tensors are, and that tied ones are at one place", async () => {
    await withFile(await data("views.bin"), async (path) => {
      const source = await openTorch(await fileSource(path));
      const weight = source.get("rows");
      const { offset = -1, file } = weight?.location ?? {};
      expect(file?.path).toBe(path);
      expect((await readFile(path)).subarray(offset, offset + 48)).toEqual(Buffer.from((await weight?.bytes()) ?? []));
      expect(source.get("shared")?.location).toEqual(source.get("f32")?.location);
      expect(source.get("f32")?.location?.offset).toBe(offset - 24);
      for (const name of ["transposed", "columns", "permuted"]) expect(source.get(name)?.location).toBeUndefined();
      await source.dispose?.();
      await expect(weight?.bytes()).rejects.toMatchObject({ code: "disposed" });
    });
  });

  test("reads a contiguous tensor with one read of just its bytes", async () => {
    const inner = await memory("views.bin");
    const reads: number[] = [];
    const counting: ByteSource = {
      ...inner,
      read(offset, length) {
        reads.push(length);
        return inner.read(offset, length);
      },
    };
    const source = await openTorch(counting);
    reads.length = 0;
    await source.get("rows")?.bytes();
    expect(reads).toEqual([48]);
  });
});

describe("hostile PyTorch files", () => {
  test("a pickle that runs a command is refused by the full name of the symbol, and nothing runs", async () => {
    const message = await refused(await data("evil.bin"));
    expect(message).toMatch(
      /^data\.pkl of test\.safetensors: it asks for the Python symbol posix\.system \(before byte/,
    );
    await expect(readFile("/tmp/glimpse-was-here")).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("symbols that a state dict does not need are refused by their full names", async () => {
    const file = await data("module.bin");
    for (const [from, to] of [
      ["torch._utils\n_rebuild_tensor_v2", "torch._utils\n_rebuild_sparse_v2"],
      ["collections\nOrderedDict", "collections\ndefaultdict"],
      ["torch\nFloatStorage", "torch\nClassStorage"],
      ["torch\nFloatStorage", "__main__\nStorage__"],
    ] as const) {
      const symbol = to.replace("\n", ".");
      expect(await refused(patched(file, from, to))).toContain(`it asks for the Python symbol ${symbol} (before byte`);
    }
    expect(await refused(await data("complex.bin"))).toContain("the Python symbol torch.ComplexFloatStorage");
  });

  test("other contents than a flat state dict are refused by name", async () => {
    const message = await refused(await data("wrapped.bin"));
    expect(message).toContain('the entry "state_dict" of its state dict is not a tensor under a name, got a dict of 4');
    expect(message).toContain('the entry "epoch" of its state dict is not a tensor under a name, got 3');
    expect(message).toContain("torch.save(model.state_dict(), …)");
  });

  test("an expanded tensor cannot become larger than its storage", async () => {
    const message = await refused(await data("expanded.bin"));
    expect(message).toContain(
      'tensor "expanded" of test.safetensors: it is not a plain view of its storage of 1 elements',
    );
    expect(message).toContain("shape [1000,1000], strides [0,0]");
  });

  test("other formats of PyTorch are refused with advice", async () => {
    expect(await refused(await data("legacy.bin"))).toMatch(/not a PyTorch zip archive, got a Python pickle\. Load it/);
    expect(await refused(await data("protocol-4.bin"))).toContain("it is not a pickle of protocol 2");
    expect(await refused(await data("big-endian.bin"))).toContain('unknown byte order, expected "little", got "big"');
  });

  test("A14: a safetensors file, an LFS pointer, a page named .bin are called what they are", async () => {
    expect(await refused(await data("expected.safetensors"))).toContain(
      "got a safetensors file. Give it a name that ends",
    );
    expect(await refused(new TextEncoder().encode("<html>"))).toContain("got an HTML page");
    expect(await refused(new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"))).toContain(
      "LFS pointer",
    );
  });
});
