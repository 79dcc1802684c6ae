// The caption, word by word as it is written; before that, the load that it waits for, or why there is none.
import { sourceName, wantedSource } from "../state/choice.ts";
import { backendNames } from "../state/names.ts";
import { loadModel, type ModelState, model } from "../state/session.ts";
import { settings } from "../state/settings.ts";
import { liveFrames } from "../state/subject.ts";
import { texts } from "../state/texts.ts";
import { count, duration, score } from "../state/units.ts";
import { Notice } from "./notice.tsx";
import { Progress } from "./progress.tsx";
import { Words } from "./words.tsx";

/** The caption's part of the page. */
export function Caption() {
  const state = model.value;
  const text = texts.value[0];
  return (
    <section class="caption" aria-labelledby="caption-title">
      <h2 id="caption-title">Caption</h2>
      <div class="caption-body">
        {state.phase === "loading" && <Progress name={state.name} files={state.files} />}
        {state.phase === "failed" && (
          <>
            <Notice title={`${state.name} was not loaded`} message={state.error} />
            <LoadButton label="Try again" />
          </>
        )}
        {state.phase === "none" && (
          <>
            <p class="quiet">
              {settings.value.model === undefined
                ? "No model is loaded."
                : "This link names a checkpoint on the Hugging Face Hub. It is downloaded once and kept by this browser."}
            </p>
            <LoadButton label={`Load ${sourceName(wantedSource())}`} />
          </>
        )}
        {state.phase === "ready" && text === undefined && <p class="quiet">A caption appears here.</p>}
        {state.phase === "ready" && text !== undefined && text.phase !== "failed" && <Words index={0} text={text} />}
        {text?.phase === "failed" && <Notice title="No caption" message={text.error ?? ""} />}
      </div>
      <p class="meta">
        {liveFrames.value > 0 && `about the last ${count(liveFrames.value, "frame")} of the webcam`}
        {text?.result &&
          `score ${score(text.result.score)} · ${count(text.result.tokens, "token")} · ${duration(text.result.milliseconds)}`}
      </p>
      {state.phase === "ready" && state.passedOver.length > 0 && <PassedOver {...state} />}
      <p class="visually-hidden" role="status">
        {text?.phase === "done" ? `Caption: ${text.text}` : ""}
      </p>
    </section>
  );
}

/** What the automatic choice could not use, and what it took. */
function PassedOver({ model: { backend }, passedOver }: Extract<ModelState, { readonly phase: "ready" }>) {
  const names = passedOver.map((id) => backendNames[id].name).join(" and ");
  return (
    <p class="quiet passed-over" role="status">
      {names} could not be used, so this runs on {backendNames[backend].name}. The tab Model says why.
    </p>
  );
}

function LoadButton({ label }: { readonly label: string }) {
  return (
    <button type="button" class="button" onClick={() => void loadModel()}>
      {label}
    </button>
  );
}
