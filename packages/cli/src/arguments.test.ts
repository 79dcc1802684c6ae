import { describe, expect, test } from "vitest";
import { parseArguments, UsageError } from "./arguments.ts";
import type { Command } from "./options.ts";

const draw: Command = {
  name: "draw",
  operands: "<picture> [frame]",
  arity: [1, 2],
  about: "",
  details: "",
  options: ["model", "threads", "json"],
  examples: [],
  run: async () => 0,
};
const parse = (...argv: string[]) => parseArguments(argv, [draw]);

function call(...argv: string[]) {
  const request = parse(...argv);
  return request.kind === "run" ? request.call : undefined;
}

describe("what is understood", () => {
  test("options before and behind the command, with = or a space", () => {
    const expected = {
      operands: ["a.png"],
      options: { model: "m", backend: undefined, threads: 2, generation: {}, profile: false, json: true },
    };
    expect(call("draw", "a.png", "--model", "m", "--threads=2", "--json")).toEqual(expected);
    expect(call("--json", "--threads", "2", "draw", "--model=m", "a.png")).toEqual(expected);
  });

  test("a value may hold =, and a word may begin with a dash behind --", () => {
    expect(call("draw", "--model=a=b", "--", "-x", "--json")).toMatchObject({
      operands: ["-x", "--json"],
      options: { model: "a=b", profile: false, json: false },
    });
    expect(call("draw", "-")).toMatchObject({ operands: ["-"] });
  });

  test("help and version, wherever they stand", () => {
    expect(parse()).toEqual({ kind: "help", command: undefined });
    expect(parse("draw", "-h")).toEqual({ kind: "help", command: draw });
    expect(parse("--help", "draw")).toEqual({ kind: "help", command: draw });
    expect(parse("draw", "--version")).toEqual({ kind: "version" });
    expect(parse("-V")).toEqual({ kind: "version" });
  });
});

describe("what is refused", () => {
  test.each([
    [["drow", "a"], /command "drow": there is no such command. Did you mean "draw"\?/],
    [["photo.jpg"], /To describe a picture: glimpse caption photo.jpg/],
    [["draw", "a", "--modle", "m"], /option "--modle": there is no such option. Did you mean --model\?/],
    [["draw", "a", "-x"], /option "-x": there is no such option/],
    [
      ["draw", "a", "--backend", "b"],
      /glimpse draw: it has no option --backend. It takes --model, --threads and --json/,
    ],
    [["draw"], /glimpse draw: something is missing, expected <picture> \[frame\]/],
    [["draw", "a", "b", "c", "d"], /glimpse draw: there is too much, expected <picture> \[frame\], got "c" "d"/],
    [["draw", "a", "--model"], /--model: its value is missing, expected --model ID\|FOLDER/],
    [["draw", "a", "--model", "--json"], /--model: its value is missing/],
    [["draw", "a", "--model="], /--model: its value is missing/],
    [["draw", "a", "--json=1"], /--json: it takes no value, got "1"/],
    [["draw", "a", "--json", "--json"], /--json: it is given twice/],
    [["draw", "a", "--threads", "0"], /--threads: the value is wrong, expected a whole number from 1, got "0"/],
    [["draw", "a", "--threads", "-1"], /got "-1"/],
    [["draw", "a", "--dtype", "int2"], /--dtype: there is no such dtype, expected fp32, fp16, int8, int4, got "int2"/],
    [["draw", "a", "--threads", "1e3"], /got "1e3"/],
    [["draw", "a", "--threads", "99999999999999999999"], /a whole number from 1/],
  ])("%j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
    expect(() => parse(...argv)).toThrow(UsageError);
  });

  test("all problems are told at once, with the command they are about", () => {
    let caught: unknown;
    try {
      parse("draw", "--threads", "x", "--modl", "--backend", "b");
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(UsageError);
    expect(caught).toMatchObject({ command: draw, problems: { length: 4 } });
  });
});
