// Beam search as a tree that grows: the best text reads as the straight line at the top, branches leave it where beams
// part, dropped ones fade. Beneath it the finished texts with their scores.
import { useMemo } from "preact/hooks";
import { type Branch, beamTree, tokenText } from "../state/beam-tree.ts";
import { beamCounts, changeSettings, settings } from "../state/settings.ts";
import { beams, encoded, growBeams } from "../state/texts.ts";
import { score } from "../state/units.ts";
import { Notice } from "./notice.tsx";

const rowHeight = 27;
const padding = 14;

/** The beams tab. */
export function BeamPanel() {
  const state = beams.value;
  const growing = state?.phase === "growing";
  return (
    <div class="beams">
      <div class="panel-bar">
        <label class="select">
          Beams{" "}
          <select
            value={settings.value.numBeams}
            disabled={growing}
            onChange={(event) => changeSettings({ numBeams: Number(event.currentTarget.value) })}
          >
            {beamCounts.map((n) => (
              <option key={n} value={n}>
                {n}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="button button-primary"
          disabled={growing || encoded.value === undefined}
          onClick={() => void growBeams()}
        >
          {state === undefined ? "Grow the tree" : "Grow again"}
        </button>
        <p class="quiet">
          Beam search keeps the best few beginnings at every step. Numbers are log-probabilities; nearer to zero is
          likelier.
        </p>
      </div>
      {state?.phase === "failed" ? <Notice title="The search failed" message={state.error ?? ""} /> : <Tree />}
    </div>
  );
}

function Tree() {
  const state = beams.value;
  const tree = useMemo(() => beamTree(state?.steps ?? [], state?.result, textWidth), [state?.steps, state?.result]);
  const height = tree.rows * rowHeight + 2 * padding;
  const finished = state?.result?.beams ?? [];
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a picture that scrolls must be reachable by keyboard */}
      <section class="tree" tabIndex={0} aria-label="Tree of beams; the list below says the same">
        {state === undefined ? (
          <p class="tree-empty quiet">No tree yet.</p>
        ) : (
          <svg width={tree.width + 2 * padding} height={height} aria-hidden="true">
            <g transform={`translate(${padding} ${padding + rowHeight / 2})`}>
              {tree.branches.map((branch) => (
                <BranchView key={branch.id} branch={branch} />
              ))}
            </g>
          </svg>
        )}
      </section>
      <ol class="beam-texts" aria-label="Finished texts">
        {finished.map(({ tokens, score: value }) => (
          <li key={tokens.join(" ")}>
            <span class="beam-text">{tokenText(tokens)}</span>
            <span class="beam-score">{score(value)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function BranchView({ branch }: { readonly branch: Branch }) {
  const { text, x, width, row, from, end, best } = branch;
  const y = row * rowHeight;
  const fate = end?.fate ?? "trunk";
  return (
    <g class={`branch branch-${fate}${best ? " branch-best" : ""}`}>
      {from !== undefined && <path d={link(from.x + 4, from.row * rowHeight, x - 5, y)} />}
      {text === "" ? (
        <circle cx={x} cy={y} r="3" />
      ) : (
        <text x={x} y={y} dominant-baseline="central">
          {text}
        </text>
      )}
      {end !== undefined && (
        <text class="branch-score" x={x + width + 9} y={y} dominant-baseline="central">
          {score(end.score)}
        </text>
      )}
    </g>
  );
}

/** A line that leaves level and arrives level. */
function link(x0: number, y0: number, x1: number, y1: number): string {
  const middle = (x0 + x1) / 2;
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`;
}

let context: CanvasRenderingContext2D | null | undefined;

/** The width of a text as the tree shows it. */
function textWidth(text: string): number {
  context ??= document.createElement("canvas").getContext("2d");
  if (context === null || context === undefined) return text.length * 7.5;
  context.font = '14px "Inter Variable", sans-serif';
  return context.measureText(text).width;
}
