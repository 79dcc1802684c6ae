// The command from outside: exit codes, what goes to which stream, wording.
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { reference } from "@glimpsejs/backend-reference";
import { bind } from "@glimpsejs/core";
import { describe, expect, test } from "vitest";
import { absent, casesFolder, choice, glimpse, platform, sample, temporaryFolder } from "./support.ts";

describe("help", () => {
  test("the overview fits 80 columns and names every command", async () => {
    const { code, out, err } = await glimpse([]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(Math.max(...out.split("\n").map((text) => text.length))).toBeLessThanOrEqual(80);
    for (const name of [
      "caption",
      "ask",
      "explain",
      "classify",
      "rank",
      "score",
      "eval",
      "doctor",
      "verify",
      "bench",
      "help",
    ]) {
      expect(out).toMatch(new RegExp(`^  ${name}`, "m"));
      const help = await glimpse(["help", name]);
      expect(help).toMatchObject({ code: 0, err: "" });
      expect(help.out).toMatch(new RegExp(`^Usage: glimpse ${name}`));
      expect(Math.max(...help.out.split("\n").map((text) => text.length))).toBeLessThanOrEqual(80);
      expect((await glimpse([name, "--help"])).out).toBe(help.out);
    }
    expect(await glimpse(["--version"])).toEqual({ code: 0, out: "1.2.3\n", err: "" });
  });

  test("wrong arguments give 2, the nearest name and the usage, and nothing on stdout", async () => {
    expect(await glimpse(["captoin", "a.png"])).toEqual({
      code: 2,
      out: "",
      err:
        'glimpse: command "captoin": there is no such command. Did you mean "caption"?\n' +
        "Usage: glimpse <command> [options]\nMore: glimpse help\n",
    });
    expect((await glimpse(["caption", "a.png", "--backend", "referense"])).err).toBe(
      'glimpse: --backend "referense": there is no such backend. Did you mean "reference"?\n' +
        "Usage: glimpse caption <picture|clip…> [options]\nMore: glimpse help caption\n",
    );
    expect(await glimpse(["help", "captoin"])).toMatchObject({ code: 2, out: "" });
    expect((await glimpse(["caption", sample("01.png"), "--backend", "reference", "--threads", "2"])).err).toMatch(
      /--threads: the backend reference computes on one thread/,
    );
  });
});

describe("caption", () => {
  test("text, score and time on stdout; the limits of the demo model on stderr", async () => {
    const { code, out, err } = await glimpse(["caption", sample("01.png")]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^a light bulb to the left of a helicopter on a white background\nscore -0\.\d\d, 14 tokens, 20 ms\n$/,
    );
    expect(err).toBe(
      "The demo model knows only emoji scenes. On a photograph what it says is\nnonsense.\n" +
        "A real one, downloaded on first use: --model microsoft/git-base-coco\n\n" +
        "Loading weights (8 MB) …\n  done: 8 MB in 10 ms\n",
    );
  });

  test("several pictures have headings, and one that cannot be read does not stop the others", async () => {
    const folder = temporaryFolder();
    const broken = path.join(folder, "broken.png");
    await writeFile(broken, "no picture");
    const { code, out, err } = await glimpse([
      "caption",
      sample("01.png"),
      broken,
      sample("02.png"),
      "--max-new-tokens",
      "3",
    ]);
    expect(code).toBe(1);
    expect(out.split("\n")).toEqual([
      sample("01.png"),
      expect.stringMatching(/^ {2}a light bulb$/),
      expect.stringMatching(/^ {2}score/),
      sample("02.png"),
      expect.stringMatching(/^ {2}\S/),
      expect.stringMatching(/^ {2}score/),
      "",
    ]);
    expect(err).toContain(`glimpse: ${JSON.stringify(broken)}: `);
    expect(err).not.toContain("    at ");
  });

  test("a picture that does not exist does not stop the others", async () => {
    const { code, out, err } = await glimpse(["caption", "/no/a.jpg", sample("01.png"), "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      { file: "/no/a.jpg", error: expect.stringContaining("/no/a.jpg") },
      expect.objectContaining({ file: sample("01.png"), text: expect.any(String) }),
    ]);
    expect(err).toMatch(/^glimpse: .*\/no\/a\.jpg/m);
  });

  test("where no picture exists, that is told before the model is loaded", async () => {
    const never = { ...bind(platform), load: () => Promise.reject(new Error("loaded")) };
    const { code, out, err } = await glimpse(["caption", "/no/a.jpg", "/no/b.jpg"], { glimpse: never });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(
      "glimpse: 2 problems:\n  - /no/a.jpg: the file does not exist.\n  - /no/b.jpg: the file does not exist.\n",
    );
  });

  test("pictures come from the standard input, and not from the network", async () => {
    const stdin = () => readFile(sample("01.png"));
    const piped = await glimpse(["caption", "-", "--json", "--max-new-tokens", "2"], { stdin });
    expect(JSON.parse(piped.out)).toMatchObject([{ file: "-", text: "a light" }]);
    const folder = temporaryFolder();
    await glimpse(["explain", "-", "--max-new-tokens", "1", "--folder", folder], { stdin });
    expect(await readdir(folder)).toEqual(["picture.01-a.png"]);
    expect((await glimpse(["caption", "-"])).err).toContain("nothing is piped in");
    const url = "https://example.com/a.png";
    const never = { ...bind(platform), load: () => Promise.reject(new Error("loaded")) };
    const alone = await glimpse(["caption", url], { glimpse: never });
    const refused = `${url}: pictures and clips are not downloaded. Download it first, or pipe it in: curl -L URL | glimpse caption -`;
    expect(alone).toEqual({ code: 1, out: "", err: `glimpse: ${refused}\n` });
    const among = await glimpse(["caption", url, sample("01.png"), "--json", "--max-new-tokens", "2"]);
    expect(JSON.parse(among.out)).toMatchObject([{ file: url, error: refused }, { text: "a light" }]);
  });

  test("--json prints one document and nothing else", async () => {
    const { code, out, err } = await glimpse(["caption", sample("01.png"), "--json", "--max-new-tokens", "2"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      {
        file: sample("01.png"),
        text: "a light",
        tokens: expect.arrayContaining([expect.any(Number)]),
        logProb: expect.any(Number),
        score: expect.any(Number),
        timings: { load: expect.any(Number), encode: 10, generate: 10 },
      },
    ]);
    expect(err).toMatch(/emoji/);
  });

  test("on a terminal scores are grey and the word about loading is taken away", async () => {
    const { out, err } = await glimpse(["caption", sample("01.png"), "--max-new-tokens", "2"], {}, true);
    expect(out.replaceAll("\u001b", "ESC")).toMatch(/^a light\nESC\[2mscore .*ESC\[22m\n$/);
    expect(err).toMatch(/\n\rLoading the demo model …\rweights .*\r +\r$/s);
    expect((await glimpse(["caption", sample("01.png")], { env: { NO_COLOR: "1" } }, true)).out).not.toContain(
      "\u001b",
    );
  });

  test("what a folder lacks is said, with what was assumed; --model silences the word about the demo model", async () => {
    const folder = temporaryFolder();
    const source = path.join(path.dirname(sample("")), "../models/captions");
    for (const file of ["config.json", "model.safetensors", "tokenizer.json"]) {
      await copyFile(path.join(source, file), path.join(folder, file));
    }
    const { code, err } = await glimpse(["caption", sample("01.png"), "--model", folder]);
    expect(code).toBe(0);
    expect(err).toMatch(/^Note: the checkpoint has no preprocessor_config\.json; assumed: CLIP preprocessing to/m);
    expect(err).not.toMatch(/emoji/);
  });

  test("a text that never ends has 50 tokens, or as many as are asked for", async () => {
    const folder = temporaryFolder();
    await cp(path.join(path.dirname(sample("")), "../models/captions"), folder, { recursive: true });
    const weights = await readFile(path.join(folder, "model.safetensors"));
    const headerEnd = 8 + Number(weights.readBigUInt64LE());
    const header = JSON.parse(weights.toString("utf8", 8, headerEnd));
    const sep = 3;
    weights.writeUInt16LE(0xfbff, headerEnd + header["output.bias"].data_offsets[0] + 2 * sep); // the least float16
    await writeFile(path.join(folder, "model.safetensors"), weights);
    const tokensOf = async (...argv: string[]) => {
      const { out } = await glimpse([...argv, "--json", "--model", folder]);
      return JSON.parse(out).map(({ tokens }: { tokens: number[] }) => tokens.length);
    };
    expect(await tokensOf("caption", sample("01.png"))).toEqual([50]);
    expect(await tokensOf("caption", sample("01.png"), "--max-new-tokens", "21")).toEqual([21]);
    expect(await tokensOf("ask", sample("01.png"), "what is it?")).toEqual([50]);
  });

  test("a folder that is no checkpoint is one clear message", async () => {
    const folder = path.join(temporaryFolder(), "empty");
    await mkdir(folder);
    const { code, err } = await glimpse(["caption", sample("01.png"), "--model", folder]);
    expect(code).toBe(1);
    expect(err).toMatch(/^glimpse: .*expected config\.json, got no files\. Name a folder/);
  });
});

describe("ask", () => {
  test("several questions, one encode", async () => {
    const questions = ["what color is the background?", "what is on the left?"];
    const { code, out } = await glimpse(["ask", sample("01.png"), ...questions]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^what color is the background\?\n {2}white {2}score -?0\.\d\d\nwhat is on the left\?\n {2}a light bulb {2}score -?0\.\d\d\nencoded in 10 ms, answered in 10 ms\n$/,
    );
    const json = await glimpse(["ask", sample("01.png"), ...questions, "--json"]);
    expect(JSON.parse(json.out)).toMatchObject(questions.map((question) => ({ file: sample("01.png"), question })));
  });

  test("a question is needed", async () => {
    expect(await glimpse(["ask", sample("01.png")])).toMatchObject({ code: 2, out: "" });
  });
});

describe("backends", () => {
  test("the fastest that is there is used, with a word about the one that is not", async () => {
    const backends = [choice(absent, true), choice(reference())];
    const { code, err } = await glimpse(["caption", sample("01.png"), "--max-new-tokens", "1"], { backends });
    expect(code).toBe(0);
    expect(err).toContain(
      'Note: backend "fast" cannot be used: the package fast is not installed. Run: npm install fast\n' +
        "Running on reference instead, which is much slower.\n",
    );
    const named = await glimpse(["caption", sample("01.png"), "--backend", "fast"], {
      backends,
      env: { GLIMPSE_DEBUG: "" },
    });
    expect(named.code).toBe(1);
    expect(named.err).toMatch(/^glimpse: fast is not installed\n.*GLIMPSE_DEBUG/);
    const debug = await glimpse(["caption", sample("01.png"), "--backend", "fast"], {
      backends,
      env: { GLIMPSE_DEBUG: "1" },
    });
    expect(debug.err).toMatch(/Error: fast is not installed\n {4}at /);
    expect((await glimpse(["caption", sample("01.png")], { backends: [choice(absent)] })).code).toBe(1);
  });

  test("Ctrl-C gives 130", async () => {
    const controller = new AbortController();
    const loading = glimpse(["caption", sample("01.png"), sample("02.png")], { signal: controller.signal });
    controller.abort();
    const { code, out, err } = await loading;
    expect({ code, out }).toEqual({ code: 130, out: "" });
    expect(err).toMatch(/Stopped\.\n$/);
    const verifying = await glimpse(["verify", casesFolder], { signal: controller.signal });
    expect(verifying).toMatchObject({ code: 130, err: "Stopped.\n" });
  });
});

describe("doctor", () => {
  test("what runs here, and why not the rest", async () => {
    const fails = { ...choice(absent, true), probe: absent.unavailable };
    const unavailable = () => Promise.reject(new Error("it was asked where it may not speak"));
    const backends = [{ ...fails, plugin: () => ({ ...absent, unavailable }) }, choice(reference())];
    const { code, out } = await glimpse(["doctor"], { backends });
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "Glimpse 1.2.3 is ready.

      Machine
        runtime    Node.js 22.14.0, linux x64
        processor  Test CPU, 2 cores
        memory     8.00 GB, of which 1.50 GB can be used now

      Backends
        fast       no: the package fast is not installed. Run: npm install fast
        reference  ready, the default: about reference

      Pictures
        sharp      ready

      Clips
        mediabunny  no: the package mediabunny is not installed

      Checkpoints
        demo       yes: it comes with Glimpse
        git-base   yes: needs about 1.06 GB of memory on reference, with --dtype int8
                   379 MB
        git-large  no: needs about 2.37 GB of memory on reference, with --dtype int8
                   708 MB

      Hugging Face Hub
        cache      /home/me/.cache/huggingface/hub (the default)
        downloads  allowed
        token      none; only private checkpoints need one
      "
    `);
    expect(Math.max(...out.split("\n").map((text) => text.length))).toBeLessThanOrEqual(80);
  });

  test("exit code 1 when nothing can run, and the same as JSON", async () => {
    const { code, out } = await glimpse(["doctor", "--json"], { backends: [choice(absent)] });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ready: false,
      version: "1.2.3",
      memory: { available: 1.5e9 },
      backends: [
        { name: "fast", unavailable: expect.stringContaining("not installed"), memory: { "git-base": 1_412_952_528 } },
      ],
    });
  });
});
