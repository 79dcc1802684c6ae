// The result as one HTML page that needs nothing else: tables to read, charts to see, the data itself at the end.
import {
  type BenchResult,
  type Growth,
  machineName,
  type RunnerResult,
  type ScenarioName,
  scenarioNames,
} from "./result.ts";
import { rateText, secondStartRows, startRows } from "./start-rows.ts";

const titles: Readonly<Record<ScenarioName, string>> = {
  encode: "Image encoder alone",
  caption: "One caption, greedy",
  beam4: "One caption, 4 beams",
  questions10: "Ten questions on one picture",
  batch8: "Eight pictures at once",
};

const units: Readonly<Record<Growth["name"], string>> = {
  resolution: "pixels a side",
  tokens: "tokens",
  beams: "beams",
  batch: "pictures",
};

const style = `
:root { color-scheme: light dark; --ink: #1d2530; --soft: #5c6878; --line: #d9dee5; --paper: #fff; --ours: #2f6f9f; --peer: #b3702b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa5b3; --line: #333c47; --paper: #14181d; --ours: #6fb2e0; --peer: #dea25f; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .4rem; }
p, figcaption { color: var(--soft); margin: .2rem 0; } figure { margin: .5rem 0; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--soft); font-weight: 500; }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .soft { fill: var(--soft); }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; color: var(--soft); }`;

/** A whole page. */
export function htmlReport(result: BenchResult): string {
  const { machine, model } = result;
  const { rates } = machine;
  const measured = rates === undefined ? "" : `; ${rateText(rates)} measured`;
  const shown = scenarioNames.filter((name) => result.runners.some((r) => r.scenarios[name]?.ms !== undefined));
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Glimpse bench: ${escaped(model.name)}</title><style>${style}</style>
<h1>${escaped(model.name)}</h1>
<p>${escaped(`${machineName(machine)}, ${machine.os}, Node ${machine.node}${measured}`)}</p>
<p>${escaped(`${result.tokens} tokens, ${result.rounds} rounds in turns, ${result.date.slice(0, 10)}`)}. Bars are medians, lines their ends.</p>
${section("Start and memory", startRows(result))}
${section("Second start", secondStartRows(result))}
${shown.map((name) => scenario(name, result.runners)).join("\n")}
${result.growth.length === 0 ? "" : `<h2>How cost grows</h2><p>${escaped(result.growth[0]?.runner ?? "")}, best of two.</p><div class="grid">${result.growth.map(growthChart).join("")}</div>`}
${throughput(result)}
${(result.others ?? []).map((o) => `<p>${escaped(`Another model, so no ratio: ${o.name}, load ${o.load.toFixed(0)} ms, first caption ${o.first.toFixed(0)} ms, then ${o.ms?.median.toFixed(0) ?? "–"} ms`)}</p>`).join("\n")}
${result.notes.length === 0 ? "" : `<h2>Notes</h2><pre>${escaped(result.notes.join("\n"))}</pre>`}
<h2>Data</h2><details><summary>JSON</summary><pre>${escaped(JSON.stringify(result, undefined, 1))}</pre></details>
</html>
`;
}

/** A table of rows of which the first are its heads, under a title; nothing where there is no row. */
function section(title: string, [heads, ...rows]: readonly (readonly string[])[]): string {
  return heads === undefined ? "" : `<h2>${title}</h2>${table(["", ...heads.slice(1)], rows)}`;
}

function scenario(name: ScenarioName, runners: readonly RunnerResult[]): string {
  const bars = runners.flatMap((r) => {
    const s = r.scenarios[name];
    return s?.ms === undefined ? [] : [{ runner: r, s, ms: s.ms }];
  });
  const rows = bars.map(({ runner, s, ms }) => [
    runner.name,
    `${ms.median.toFixed(0)} ms`,
    `${ms.min.toFixed(0)}–${ms.max.toFixed(0)}`,
    s.perToken === undefined ? "–" : `${s.perToken.median.toFixed(1)} ms`,
    s.hostPerToken === undefined ? "–" : `${s.hostPerToken.toFixed(2)} ms`,
    s.hostPerTokenOfAll === undefined ? "–" : `${s.hostPerTokenOfAll.toFixed(2)} ms`,
    `${(100 * s.agreement).toFixed(0)} %`,
    s.rooflineShare === undefined ? "–" : `${(100 * s.rooflineShare).toFixed(0)} %`,
    s.speedup === undefined ? "–" : `${s.speedup.toFixed(2)}×`,
  ]);
  const heads = ["", "median", "ends", "token", "host / step", "host / token", "same ids", "of roofline", "vs peer"];
  const longest = Math.max(...bars.map(({ ms }) => ms.max));
  const scale = 520 / longest;
  const marks = bars.map(({ runner, ms }, i) => {
    const y = 8 + i * 28;
    const colour = runner.kind === "peer" ? "var(--peer)" : "var(--ours)";
    return `<text x="0" y="${y + 14}">${escaped(short(runner.name))}</text>
<rect x="150" y="${y}" width="${(ms.median * scale).toFixed(1)}" height="20" rx="2" fill="${colour}"/>
<path d="M${(150 + ms.min * scale).toFixed(1)} ${y + 10}H${(150 + ms.max * scale).toFixed(1)}" stroke="var(--ink)" stroke-width="1.5"/>
<text class="soft" x="${(158 + ms.max * scale).toFixed(1)}" y="${y + 14}">${ms.median.toFixed(0)} ms</text>`;
  });
  return `<h2>${titles[name]}</h2><figure><svg viewBox="0 0 740 ${bars.length * 28 + 8}" role="img" aria-label="${titles[name]}: milliseconds by backend">${marks.join("")}</svg></figure>${table(heads, rows)}`;
}

function growthChart({ name, points }: Growth): string {
  const [width, height, left, bottom] = [320, 200, 46, 30];
  const maxX = Math.max(...points.map(({ x }) => x));
  const maxY = Math.max(...points.map(({ ms }) => ms));
  const at = ({ x, ms }: { x: number; ms: number }) =>
    [left + (x / maxX) * (width - left - 12), height - bottom - (ms / maxY) * (height - bottom - 14)] as const;
  const line = points
    .map(
      (point, i) =>
        `${i === 0 ? "M" : "L"}${at(point)
          .map((n) => n.toFixed(1))
          .join(" ")}`,
    )
    .join("");
  const dots = points.map((point) => {
    const [x, y] = at(point);
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3.5" fill="var(--ours)"><title>${point.x} ${units[name]}: ${point.ms.toFixed(0)} ms</title></circle>
<text class="soft" text-anchor="middle" x="${x.toFixed(1)}" y="${height - 12}">${point.x}</text>`;
  });
  return `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="milliseconds by ${units[name]}">
<path d="M${left} 8V${height - bottom}H${width}" fill="none" stroke="var(--line)"/>
<text class="soft" x="0" y="18">${maxY.toFixed(0)} ms</text><text class="soft" x="0" y="${height - bottom}">0</text>
<path d="${line}" fill="none" stroke="var(--ours)" stroke-width="2"/>${dots.join("")}</svg><figcaption>${units[name]}</figcaption></figure>`;
}

function throughput({ throughput: all = [] }: BenchResult): string {
  const [first] = all;
  if (first === undefined) return "";
  const heads = ["images/s by batch size", ...first.points.map(({ batchSize }) => String(batchSize))];
  const rows = all.map(({ runner, points }) => [runner, ...points.map((p) => p.imagesPerSecond.toFixed(2))]);
  return `<h2>Many pictures, captionAll()</h2>${table(heads, rows)}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  return `<figure><table><thead>${line(heads, "th")}</thead><tbody>${rows.map((row) => line(row, "td")).join("")}</tbody></table></figure>`;
}

/** A name that fits beside a bar. */
function short(name: string): string {
  return name.replace(/^transformers \S+ on /, "");
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
}
