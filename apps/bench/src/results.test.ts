import { expect, test } from "vitest";
import { wrongIds } from "./check-ids.ts";
import { median } from "./measure.ts";
import { starved, table } from "./table.ts";

test("ids are compared as far as both lists go", () => {
  const lists = [
    { source: "synthetic.json", ids: [101, 5, 6] },
    { source: "PyTorch", ids: [101, 5, 6, 7, 8] },
  ];
  expect(wrongIds("x", [101, 5, 6, 7], lists)).toBeUndefined();
  expect(wrongIds("x", [101, 5], [])).toBeUndefined();
  expect(wrongIds("x", [101, 5, 6, 9], lists)).toBe(
    "WRONG IDS  x\n  expected  101 5 6 7 8  (PyTorch)\n  got       101 5 6 9",
  );
  expect(wrongIds("x", [], lists)).toMatch(/^WRONG IDS/);
});

test("median", () => {
  expect(median([3, 100, 1])).toBe(3);
  expect(median([4, 1, 2, 100])).toBe(3);
  expect(median([])).toBeNaN();
});

test("the table lines up, and compares with the peer", () => {
  const fast = {
    load: 812.3,
    encode: 95.1,
    first: 640,
    warm: 250,
    cores: 1.9,
    perToken: 7.06,
    peakRss: 901e6,
    ids: [],
  };
  const peer = { ...fast, warm: 750, perToken: null, peakRss: 1.8e9 };
  const rows = [
    { name: "PyTorch 2.13", measurement: peer },
    { name: "ort-node", measurement: fast },
  ];
  expect(table(rows, 706.5e6, peer, 2)).toMatchInlineSnapshot(`
    "                load  encode   first    warm  cores  per token  peak RSS  of weights  vs PyTorch
    PyTorch 2.13  812 ms   95 ms  640 ms  750 ms   1.90          –   1800 MB       2.55×       1.00×
    ort-node      812 ms   95 ms  640 ms  250 ms   1.90     7.1 ms    901 MB       1.28×       3.00×"
  `);
  expect(table(rows.slice(1), 706.5e6, undefined, 2)).not.toMatch(/3\.00/);
});

test("no ratio is shown for a run that was kept from computing", () => {
  const quiet = { load: 1, encode: 1, first: 1, warm: 100, cores: 1.9, perToken: 1, peakRss: 1e6, ids: [] };
  const kept = { ...quiet, warm: 1000, cores: 0.9 };
  const rows = [
    { name: "quiet", measurement: quiet },
    { name: "kept", measurement: kept },
  ];
  expect(table(rows, 1e6, kept, 2)).not.toMatch(/10\.00×/);
  expect(table(rows, 1e6, quiet, 2)).toMatch(/quiet .* 1\.00×$/m);
  expect(table(rows, 1e6, quiet, 2)).toMatch(/kept .* –$/m);
  expect(starved(rows, 2)).toEqual(["kept"]);
  expect(starved(rows, 1)).toEqual([]);
});
