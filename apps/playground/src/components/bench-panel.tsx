// Every backend on the same picture: a table whose bars are the chart.
import { type BenchRow, bench, runBench, stopBench } from "../state/bench.ts";
import { backends } from "../state/choice.ts";
import { backendNames } from "../state/names.ts";
import { subject } from "../state/subject.ts";
import { duration } from "../state/units.ts";

/** The bench tab. */
export function BenchPanel() {
  const state = bench.value;
  const rows = state?.rows ?? [];
  const longest = Math.max(1, ...rows.map(({ figures }) => figures?.caption ?? 0));
  return (
    <div class="bench">
      <div class="panel-bar">
        {state?.running ? (
          <button type="button" class="button" onClick={stopBench}>
            Stop
          </button>
        ) : (
          <button
            type="button"
            class="button button-primary"
            disabled={subject.value === undefined || backends.value === undefined}
            onClick={() => void runBench()}
          >
            Run the bench
          </button>
        )}
        <p class="quiet">
          Captions the picture on every backend that runs here, one after the other. Medians of three captions after a
          first one that does not count.
        </p>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keyboard */}
      <section class="bench-scroll" tabIndex={0} aria-label="Results of the bench">
        <table>
          <thead>
            <tr>
              <th scope="col">Backend</th>
              <th scope="col" class="bench-chart">
                Caption
              </th>
              <th scope="col">Load</th>
              <th scope="col">Encode</th>
              <th scope="col">First word</th>
              <th scope="col">Per token</th>
            </tr>
          </thead>
          <tbody>
            {rows.length === 0 && (
              <tr>
                <td colSpan={6} class="quiet">
                  Nothing measured yet.
                </td>
              </tr>
            )}
            {rows.map((row) => (
              <Row key={row.backend} row={row} longest={longest} />
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

function Row({ row, longest }: { readonly row: BenchRow; readonly longest: number }) {
  const { backend, dtype, phase, figures, reason } = row;
  return (
    <tr class={`bench-${phase}`}>
      <th scope="row">
        {backendNames[backend].name} <span class="quiet">{dtype}</span>
      </th>
      {figures === undefined ? (
        <td colSpan={5} class="quiet">
          {reason ?? (phase === "running" ? "running …" : "waiting")}
        </td>
      ) : (
        <>
          <td class="bench-chart">
            <svg viewBox="0 0 200 14" preserveAspectRatio="none" aria-hidden="true">
              <rect class="share share-0" x="0" y="0" height="14" width={(200 * figures.encode) / longest} />
              <rect
                class="share share-1"
                x={(200 * figures.encode) / longest}
                y="0"
                height="14"
                width={(200 * (figures.caption - figures.encode)) / longest}
              />
            </svg>
            <span class="bench-total">{duration(figures.caption)}</span>
          </td>
          <td>{duration(figures.load)}</td>
          <td>{duration(figures.encode)}</td>
          <td>{duration(figures.firstWord)}</td>
          <td>{duration(figures.perToken)}</td>
        </>
      )}
    </tr>
  );
}
