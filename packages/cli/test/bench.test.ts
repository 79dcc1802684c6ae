// `glimpse bench`: medians, the table of kernels, and who cannot time them. The host's clock moves 10 ms a look.
import { reference } from "@glimpsejs/backend-reference";
import { expect, test } from "vitest";
import { choice, glimpse, sample } from "./support.ts";

const argv = ["bench", sample("02.png"), "--max-new-tokens", "1", "--backend", "reference"];

test("prints the medians, and with --profile the kernels by op, the longest first", async () => {
  const time = (op: string, nanoseconds: number) => {
    return { graph: "decoder", op, kernel: "", path: "", nanoseconds, flops: 2 * nanoseconds, bytes: nanoseconds };
  };
  let asked = 0;
  const profiled = () => ({
    name: "reference",
    plugin: reference(),
    times: async () => {
      asked++;
      return [time("layerNorm", 1e6), time("linear", 2e6), time("linear", 5e6)];
    },
  });
  const { code, out } = await glimpse([...argv, "--profile"], { backends: [{ ...choice(reference()), profiled }] });
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "encode 10 ms, then 10 ms a token (1 token)

    graph    op         dispatches     ms   share  GFLOP/s  GB/s
    decoder  linear              2  7.000  87.5 %      2.0   1.0
    decoder  layerNorm           1  1.000  12.5 %      2.0   1.0
    "
  `);
  expect(asked).toBe(7); // before each of six rounds, so that only the last is in the table
});

test("a backend that cannot time its kernels, and a picture that is not there", async () => {
  const refused = await glimpse([...argv, "--profile"]);
  expect(refused).toMatchObject({ code: 2, out: "" });
  expect(refused.err).toContain("--profile: only --backend webgpu can time its kernels");
  expect((await glimpse(["bench", "/no/a.png"])).err).toContain("/no/a.png: the file does not exist");
});
