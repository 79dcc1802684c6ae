import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rejection } from "../../test/hub-support.ts";
import { hubSettings } from "./hub-settings.ts";

const cacheOf = async (env: Record<string, string>) => (await hubSettings({ env })).cacheDir;

test("the cache folder is where Python's huggingface_hub looks", async () => {
  expect(await cacheOf({})).toBe(join(homedir(), ".cache/huggingface/hub"));
  expect(await cacheOf({ XDG_CACHE_HOME: "/xdg" })).toBe("/xdg/huggingface/hub");
  expect(await cacheOf({ XDG_CACHE_HOME: "/xdg", HF_HOME: "/hf" })).toBe("/hf/hub");
  expect(await cacheOf({ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old" })).toBe("/old");
  expect(await cacheOf({ HF_HUB_CACHE: "/new", HUGGINGFACE_HUB_CACHE: "/old" })).toBe("/new");
  expect(await cacheOf({ HF_HOME: "~/models" })).toBe(join(homedir(), "models/hub"));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell.
  expect(await cacheOf({ HF_HOME: "$DISK/${SUB}/$NONE", DISK: "/d", SUB: "s" })).toBe("/d/s/$NONE/hub");
  expect(await cacheOf({ HF_HOME: "", HF_HUB_CACHE: "" })).toBe(join(homedir(), ".cache/huggingface/hub"));
  expect((await hubSettings({ env: { HF_HUB_CACHE: "/new" }, cacheDir: "/given" })).cacheDir).toBe("/given");
});

test("the token comes from the option, HF_TOKEN, or the token file", async () => {
  const home = await mkdtemp(join(tmpdir(), "glimpse-home-"));
  const tokenOf = async (env: Record<string, string>, token?: string) =>
    (await hubSettings({ env: { HF_HOME: home, ...env }, ...(token && { token }) })).token;
  try {
    expect(await tokenOf({})).toBeUndefined();
    await writeFile(join(home, "token"), "hf_file\n");
    await writeFile(join(home, "other"), "hf_other");
    expect(await tokenOf({})).toBe("hf_file");
    expect(await tokenOf({ HF_TOKEN_PATH: "$HF_HOME/other" })).toBe("hf_other");
    expect(await tokenOf({ HF_TOKEN: "hf_env" })).toBe("hf_env");
    expect(await tokenOf({ HUGGING_FACE_HUB_TOKEN: "hf_old" })).toBe("hf_old");
    expect(await tokenOf({ HF_TOKEN: "hf_env" }, "hf_option")).toBe("hf_option");
    expect(await tokenOf({ HF_TOKEN: "hf_env", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" })).toBeUndefined();
    const error = await rejection(tokenOf({ HF_TOKEN: "hf_sec\nret" }));
    expect(error.code).toBe("invalid-argument");
    expect(error.message).not.toContain("sec");
  } finally {
    await rm(home, { recursive: true });
  }
});

test("offline mode, links and endpoint", async () => {
  const settings = (env: Record<string, string>) => hubSettings({ env });
  for (const value of ["1", "true", "YES", "on"]) {
    expect(await settings({ HF_HUB_OFFLINE: value })).toMatchObject({ offline: true });
  }
  expect(await settings({ HF_HUB_OFFLINE: "0" })).toMatchObject({ offline: false, symlinks: true });
  expect(await settings({ TRANSFORMERS_OFFLINE: "1", HF_HUB_DISABLE_SYMLINKS: "1" })).toMatchObject({
    offline: true,
    symlinks: false,
  });
  expect(await settings({})).toMatchObject({ endpoint: "https://huggingface.co" });
  expect(await settings({ HF_ENDPOINT: "http://mirror:8080/hf/" })).toMatchObject({
    endpoint: "http://mirror:8080/hf",
  });
  for (const endpoint of ["mirror", "ftp://x", "https://x/?a=1", "file:///etc"]) {
    expect(await rejection(hubSettings({ env: {}, endpoint })), endpoint).toMatchObject({ code: "invalid-argument" });
  }
});
