// What a caller without sharp sees. The package is replaced for this whole file.
import { expect, test, vi } from "vitest";
import { loadImage, sharpDecoder } from "./index.ts";

vi.mock("sharp", () => {
  throw new Error("Cannot find package 'sharp'");
});

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

test("without sharp, decoding says how to install it, and refuses other files as always", async () => {
  await expect(loadImage(png)).rejects.toMatchObject({
    code: "missing-package",
    message:
      "sharp: the package that decodes pictures could not be loaded. " +
      'Install it with "npm install sharp", or pass decoded pixels.',
    cause: expect.any(Error),
  });
  await expect(sharpDecoder()(new Uint8Array(9))).rejects.toMatchObject({ code: "invalid-image" });
});
