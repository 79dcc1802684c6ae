import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { commitOf, gitOid, goodToken, sha256 } from "../../test/hub-server.ts";
import { large, mainCommit, mainFiles, rejection, withHub } from "../../test/hub-support.ts";
import { fileWith } from "../../test/support.ts";
import { type CheckpointFiles, openWeights } from "../hub/files.ts";
import { type DownloadProgress, openHub } from "./index.ts";

const digestOf = async (files: CheckpointFiles) => sha256((await files.bytes("large.bin", 1e6)) ?? new Uint8Array());
const encode = (text: string) => new TextEncoder().encode(text);

describe("openHub", () => {
  test("downloads into the layout that Python's huggingface_hub uses", () =>
    withHub(async ({ hub, cacheDir, options }) => {
      const files = await openHub("org/name", options());
      expect(await files.list()).toEqual(Object.keys(mainFiles));
      expect(await files.json("config.json")).toEqual({ model_type: "git" });
      const source = await files.source("large.bin");
      expect(sha256((await source?.read(0, large.length)) ?? new Uint8Array())).toBe(sha256(large));
      await source?.dispose?.();

      const repo = join(cacheDir, "models--org--name");
      expect(await readFile(join(repo, "refs/main"), "utf8")).toBe(mainCommit);
      const snapshot = join(repo, "snapshots", mainCommit);
      const small = gitOid(encode('{"model_type":"git"}'));
      expect(await readlink(join(snapshot, "config.json"))).toBe(`../../blobs/${small}`);
      expect(await readlink(join(snapshot, "large.bin"))).toBe(`../../blobs/${sha256(large)}`);
      expect((await readdir(join(repo, "blobs"))).sort()).toEqual([small, sha256(large)].sort());
      expect(hub.downloads()).toHaveLength(2);
    }));

  test("takes what is cached without asking for more than the commit", () =>
    withHub(async ({ hub, options }) => {
      await (await openHub("org/name", options())).bytes("large.bin", 1e6);
      hub.seen.length = 0;
      await (await openHub("org/name", options())).bytes("large.bin", 1e6);
      expect(hub.seen.map((request) => request.path.replace(/\?.*/, ""))).toEqual([
        "/api/models/org/name/revision/main",
      ]);
      await (await openHub("org/name", options({ revision: mainCommit }))).bytes("large.bin", 1e6);
      expect(hub.seen).toHaveLength(1);
    }));

  test("finds what Python cached, offline, without a request", () =>
    withHub(async ({ hub, cacheDir, options }) => {
      const repo = join(cacheDir, "models--org--name");
      const snapshot = join(repo, "snapshots", mainCommit);
      const blob = gitOid(encode("{}"));
      for (const folder of ["blobs", "refs", `snapshots/${mainCommit}`]) {
        await mkdir(join(repo, folder), { recursive: true });
      }
      await writeFile(join(repo, "blobs", blob), "{}");
      await writeFile(join(repo, "refs/main"), mainCommit);
      await symlink(`../../blobs/${blob}`, join(snapshot, "config.json"));
      const files = await openHub("org/name", options({ env: { HF_HUB_OFFLINE: "1" } }));
      expect(await files.json("config.json")).toEqual({});
      expect(await files.list()).toEqual(["config.json"]);
      expect(await files.json("vocab.json")).toBeUndefined();
      expect(hub.seen).toEqual([]);
      const error = await rejection(openWeights(files));
      expect(error.code).toBe("missing-file");
      expect(error.message).toContain('got only "config.json". Offline mode is on (HF_HUB_OFFLINE). Only what is in');
    }));

  test("offline and not in the cache says where it looked and what to do", () =>
    withHub(async ({ cacheDir, options }) => {
      const error = await rejection(openHub("org/name", options({ offline: true })));
      expect(error.code).toBe("missing-file");
      expect(error.message).toContain(`org/name@main: it is not in the cache, expected ${cacheDir}`);
      expect(error.message).toContain("load once with the network on");
    }));

  test("uses the cache when the Hub does not answer, without a wait, and says so where files are missing", () =>
    withHub(async ({ hub, slept, options }) => {
      await (await openHub("org/name", options())).json("config.json");
      hub.fault = () => ({ status: 503 });
      const files = await openHub("org/name", options());
      expect(await files.json("config.json")).toEqual({ model_type: "git" });
      expect(await files.json("vocab.txt")).toBeUndefined();
      expect((await rejection(openWeights(files))).message).toContain("The Hub could not be asked");
      expect(slept).toEqual([]);
      const byCommit = await openHub("org/name", options({ revision: mainCommit }));
      expect(await byCommit.json("config.json")).toEqual({ model_type: "git" });
      expect(await byCommit.json("vocab.txt")).toBeUndefined();
    }));

  test("without a copy, an unreachable Hub is a download error", () =>
    withHub(async ({ options }) => {
      const error = await rejection(openHub("org/name", options({ endpoint: "http://127.0.0.1:9" })));
      expect(error.code).toBe("download");
      expect(error.message).toContain("org/name@main: the download failed after 3 tries");
    }));

  test("revisions: branch, tag, pull request, commit hash", () => {
    const other = { "config.json": '{"other":true}' };
    const revisions = { main: mainFiles, "v1.0": other, "refs/pr/1": other, "feature/x": other };
    return withHub(
      async ({ cacheDir, options }) => {
        for (const revision of ["v1.0", "refs/pr/1", "feature/x", commitOf(other)]) {
          const files = await openHub("org/name", options({ revision }));
          expect(files.name).toBe(`org/name@${revision}`);
          expect(await files.json("config.json")).toEqual({ other: true });
          expect(files.at).toBeUndefined();
        }
        const refs = join(cacheDir, "models--org--name/refs");
        expect(await readFile(join(refs, "refs/pr/1"), "utf8")).toBe(commitOf(other));
        expect((await readdir(refs)).sort()).toEqual(["feature", "refs", "v1.0"]);
        expect(await rejection(openHub("org/name", options({ revision: "v2" })))).toMatchObject({
          code: "missing-file",
          message: expect.stringContaining("org/name@v2: there is no such revision, got HTTP 404, RevisionNotFound"),
        });
      },
      { revisions },
    );
  });

  test("a branch that moved is fetched anew, and what did not change is kept", () =>
    withHub(async ({ hub, options }) => {
      await (await openHub("org/name", options())).bytes("large.bin", 1e6);
      const moved = { ...mainFiles, "config.json": '{"moved":true}' };
      hub.repos["org/name"] = { revisions: { main: moved } };
      const files = await openHub("org/name", options());
      expect(await files.json("config.json")).toEqual({ moved: true });
      expect(await digestOf(files)).toBe(sha256(large));
      expect(hub.seen.filter((request) => request.host === "cdn")).toHaveLength(1);
    }));

  test("weights come from refs/pr/1 where main has none", () => {
    const revisions = { main: { "config.json": "{}" }, "refs/pr/1": { "model.safetensors": fileWith({}) } };
    return withHub(
      async ({ hub, cacheDir, options }) => {
        const files = await openHub("org/name", options());
        const weights = await openWeights(files);
        await files.dispose();
        expect(await weights.get("w")?.bytes()).toEqual(Uint8Array.of(0, 1, 2, 3));
        expect(weights.get("w")?.location?.file.path).toContain(cacheDir);
        await weights.dispose?.();
        hub.repos["org/name"] = { revisions: { main: { "config.json": "{}" } } };
        const error = await rejection(openWeights(await openHub("org/name", options())));
        expect(error.message).toContain(`got only "config.json". See the files at ${hub.endpoint}/org/name/tree/main.`);
      },
      { revisions },
    );
  });

  test("private and gated repositories say what to do, and open with a token", () =>
    withHub(async ({ hub, options }) => {
      hub.repos["org/secret"] = { revisions: { main: mainFiles }, private: true };
      hub.repos["org/gated"] = { revisions: { main: mainFiles }, gated: true };
      const hidden = await rejection(openHub("org/secret", options()));
      expect(hidden.code).toBe("missing-file");
      expect(hidden.message).toContain(
        "no such repository, or it is private, got HTTP 401, RepoNotFound. Check the id. Set",
      );
      const wrong = await rejection(openHub("org/secret", options({ token: "hf_wrong" })));
      expect(wrong.message).toContain("The token that was sent may not read it: check HF_TOKEN.");
      const gated = await openHub("org/gated", options());
      const refused = await rejection(gated.json("config.json"));
      expect(refused.code).toBe("download");
      expect(refused.message).toContain(`Ask for it at ${hub.endpoint}/org/gated. Set HF_TOKEN`);
      for (const id of ["org/secret", "org/gated"]) {
        const files = await openHub(id, options({ env: { HF_TOKEN: goodToken } }));
        expect(await files.bytes("large.bin", 1e6), id).toHaveLength(large.length);
      }
    }));

  test("bad ids and revisions are refused before any request", () =>
    withHub(async ({ hub, options }) => {
      const error = await rejection(openHub("../x", options({ revision: "a..b" })));
      expect(error).toMatchObject({ code: "invalid-argument", problems: [{}, {}] });
      expect(hub.seen).toEqual([]);
    }));

  test("tells the progress of a download", () =>
    withHub(async ({ options }) => {
      const told: DownloadProgress[] = [];
      await (await openHub("org/name", options({ onProgress: (p) => told.push(p) }))).bytes("large.bin", 1e6);
      expect(told[0]).toEqual({ file: "large.bin", loaded: 0, total: large.length });
      expect(told.at(-1)).toEqual({ file: "large.bin", loaded: large.length, total: large.length });
      expect(told.map((p) => p.loaded)).toEqual(told.map((p) => p.loaded).sort((a, b) => a - b));
    }));

  test("files in place of links where links are not wanted", () =>
    withHub(async ({ hub, cacheDir, options }) => {
      const env = { HF_HUB_DISABLE_SYMLINKS: "1" };
      const snapshot = join(cacheDir, "models--org--name/snapshots", mainCommit);
      expect(await (await openHub("org/name", options({ env }))).bytes("large.bin", 1e6)).toHaveLength(large.length);
      await expect(readlink(join(snapshot, "large.bin"))).rejects.toThrow("EINVAL");
      await writeFile(join(snapshot, "large.bin"), new Uint8Array(large.length));
      expect(await digestOf(await openHub("org/name", options({ env })))).toBe(sha256(large));
      expect(hub.downloads()).toHaveLength(2);
      // A blob that was there before is copied: other snapshots may link to it.
      await (await openHub("org/name", options())).json("config.json");
      await rm(snapshot, { recursive: true });
      expect(await (await openHub("org/name", options({ env }))).json("config.json")).toEqual({ model_type: "git" });
      expect(await readdir(join(cacheDir, "models--org--name/blobs"))).toHaveLength(1);
    }));

  test("a disposed one stops its downloads and opens nothing more; abort stops them too", () =>
    withHub(async ({ hub, options }) => {
      hub.fault = (request) => (request.host === "cdn" ? { stallAfter: 1000 } : undefined);
      const files = await openHub("org/name", options());
      const pending = rejection(files.source("large.bin"));
      await vi.waitFor(() => expect(hub.downloads()).toHaveLength(1), { timeout: 10_000 });
      await files.dispose();
      await files.dispose();
      expect((await pending).code).toBe("aborted");
      expect((await rejection(files.source("config.json"))).code).toBe("disposed");
      const signal = AbortSignal.timeout(50);
      const aborted = await openHub("org/name", options({ signal }));
      expect((await rejection(aborted.source("large.bin"))).code).toBe("aborted");
      expect((await rejection(openHub("org/name", options({ signal })))).code).toBe("aborted");
      const stop = new AbortController();
      const cached = await openHub("org/name", options({ signal: stop.signal }));
      await cached.json("config.json");
      stop.abort();
      expect((await rejection(cached.json("config.json"))).code).toBe("aborted");
    }));
});
