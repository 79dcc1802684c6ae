import { readFileSync } from "node:fs";
import { test } from "vitest";
import { processorsOf } from "./index.ts";
test("diff", () => {
  const cases = JSON.parse(readFileSync("/tmp/diff/cases.json", "utf8"));
  const num = (x: any) => x === "nan" ? NaN : x === "-inf" ? -Infinity : x === "inf" ? Infinity : x;
  let bad = 0, n = 0, nan = 0, exact = 0, ties = 0;
  for (const c of cases) {
    if (c.skip) continue;
    const { allowed, ...o } = c.o;
    // a single-row oracle: with allowed tokens only compare as one beam unless a beam count is needed for the samplers
    const ps = processorsOf({ ...o, prefixAllowedTokens: allowed && (() => allowed), doSample: c.ds, numBeams: c.beams, eosTokenIds: new Set(c.eos), maxLength: () => c.maxl });
    if (allowed && c.beams > 1) continue;
    const s = Float32Array.from(c.scores, num);
    for (const p of ps) p(s, { tokens: c.tokens, promptLength: c.pl, sequence: 0 });
    const want = c.want.map(num);
    if (want.some(Number.isNaN)) { nan++; continue; }
    n++;
    if (want.every((w: number, i: number) => Object.is(Math.fround(w), s[i]) || w === s[i])) { exact++; continue; }
    const sw = Float32Array.from(want).sort(), sg = s.slice().sort();
    if (sw.every((w, i) => w === sg[i] || Math.abs(w - sg[i]!) <= 1e-5 * (1 + Math.abs(w)))) { ties++; continue; }
    const ok = want.every((w: number, i: number) => w === s[i] || Math.abs(w - s[i]!) <= 1e-5 * (1 + Math.abs(w)));
    if (!ok && bad++ < 500) console.log(JSON.stringify({ ...c, got: [...s].map(String) }));
  }
  console.log({ n, bad, nan, exact, ties });
}, 60000);
