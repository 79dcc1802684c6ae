// What load() takes a name for: a path is a folder, whether there is one or not, and never asked of the Hub.
import { expect, test } from "vitest";
import { nodePlatform } from "./platform.ts";

const fetch = async () => Promise.reject(new Error("The Hub was asked."));

test.each(["./no-such-model", "../no-such-model", "/no/such/model", "no-such-model", ".hidden/model"])(
  "%s is a folder that is missing",
  async (source) => {
    await expect(nodePlatform({ fetch }).open(source, {})).rejects.toMatchObject({
      code: "missing-file",
      message: expect.stringContaining("there is no such folder, and it is no Hub id"),
    });
  },
);
