import type { LoadProgress } from "@glimpsejs/core";
import { expect, test } from "vitest";
import { ProgressDisplay } from "./progress.ts";

function display(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const clock = { time: 0 };
  const stderr = { write: (text: string) => void written.push(text), isTTY, columns };
  return { progress: new ProgressDisplay({ stderr, now: () => clock.time }), written, clock };
}

const at = (loaded: number, total: number | undefined = 1e8): LoadProgress => ({
  phase: "download",
  file: "model.safetensors",
  loaded,
  total,
});

test("a terminal gets one line, redrawn at most ten times a second and cleared", () => {
  const { progress, written, clock } = display(true);
  for (; clock.time < 2000; clock.time += 5) progress.update(at(clock.time * 5e4));
  expect(written.length).toBe(20);
  const last = written.at(-1) ?? "";
  expect(last).toMatch(/^\rmodel\.safetensors {2}█+░* {2} 95 % {2}95 MB of 100 MB {2}50 MB\/s *$/);
  expect(written.every((text) => text.startsWith("\r") && !text.includes("\n") && text.length <= 80)).toBe(true);
  progress.clear();
  expect(written.at(-1)).toBe(`\r${" ".repeat(last.trimEnd().length - 1)}\r`);
  progress.clear();
  expect(written.length).toBe(21);
});

test("a narrow terminal loses the bar, never the line", () => {
  const { progress, written } = display(true, 40);
  progress.update(at(5e7));
  expect(written).toEqual(["\rmodel.safetensors   50 %  50 MB of 100 "]);
});

test("a shorter line covers a longer one", () => {
  const { progress, written, clock } = display(true);
  progress.wait("Loading a model with a long name …");
  clock.time = 200;
  progress.update({ phase: "load", file: "x", loaded: 5, total: undefined });
  expect(written.at(-1)).toBe(`\r${"x  5 bytes".padEnd(34)}`);
});

test("without a terminal each file has a line at its start and one at its end", () => {
  const { progress, written, clock } = display(false);
  progress.wait("Loading …");
  for (const loaded of [0, 3e7, 9e7, 1e8, 1e8]) {
    progress.update(at(loaded));
    clock.time += 1000;
  }
  progress.update({ phase: "load", file: "weights\u001b[2J", loaded: 0, total: undefined });
  progress.clear();
  expect(written).toEqual([
    "Downloading model.safetensors (100 MB) …\n",
    "  done: 100 MB in 3.00 s\n",
    "Loading weights\ufffd[2J …\n",
  ]);
});

test("kernels are counted, where all else is bytes", () => {
  const kernels = (loaded: number): LoadProgress => ({ phase: "prepare", file: "kernels", loaded, total: 1200 });
  const plain = display(false);
  for (const made of [1, 1200]) plain.progress.update(kernels(made));
  expect(plain.written).toEqual(["Preparing kernels (1200) …\n", "  done: 1200 in 0 ms\n"]);
  const terminal = display(true);
  terminal.clock.time = 2000;
  terminal.progress.update(kernels(600));
  expect(terminal.written[0]).toMatch(/^\rkernels {2}█+░+ {3}50 % {2}600 of 1200$/);
});
