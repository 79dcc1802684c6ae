// The page: a heading with what runs, the picture, its caption and questions, and what lies behind them.
import { useSignal } from "@preact/signals";
import { dragging } from "../state/files.ts";
import { backendNames } from "../state/names.ts";
import type { Sample } from "../state/samples.ts";
import { model } from "../state/session.ts";
import { settings, toFragment } from "../state/settings.ts";
import { Caption } from "./caption.tsx";
import { LinkIcon } from "./icons.tsx";
import { openModelTab, Panel } from "./panel.tsx";
import { Sources } from "./sources.tsx";
import { Stage } from "./stage.tsx";
import { Thread } from "./thread.tsx";

/** The whole page. */
export function App({ samples }: { readonly samples: readonly Sample[] }) {
  return (
    <>
      <header class="head">
        <div class="head-title">
          <h1>Glimpse</h1>
          <p>Captions pictures and answers questions, in this tab. Nothing leaves it.</p>
        </div>
        <div class="head-tools">
          <ModelButton />
          <ShareButton />
        </div>
      </header>
      <main>
        <section class="look" aria-label="Picture">
          <Stage />
          <Sources samples={samples} />
        </section>
        <div class="say">
          <Caption />
          <Thread />
        </div>
        <Panel />
      </main>
      <footer class="foot">
        <p>
          GIT, from <i>GenerativeImage2Text</i> (Wang et al. 2022), straight from Hugging Face checkpoints. The demo
          checkpoint knows emoji scenes; on a photograph it talks nonsense.
        </p>
      </footer>
      <div class="drop" hidden={!dragging.value} aria-hidden="true">
        <p>Drop it anywhere</p>
      </div>
    </>
  );
}

function ModelButton() {
  const state = model.value;
  const name = state.phase === "none" ? "No model" : state.name;
  const detail =
    state.phase === "ready"
      ? `${backendNames[state.model.backend].name}, ${state.model.dtype}`
      : { none: "choose one", loading: "loading …", failed: "not loaded" }[state.phase];
  return (
    <button type="button" class="model-button" onClick={openModelTab}>
      <span class={`dot dot-${state.phase}`} />
      <span class="model-name">{name}</span>
      <span class="model-detail">{detail}</span>
      <span class="visually-hidden">Change the model</span>
    </button>
  );
}

function ShareButton() {
  const copied = useSignal(false);
  const share = async () => {
    const link = new URL(location.href);
    link.hash = toFragment(settings.value);
    history.replaceState(null, "", link);
    try {
      await navigator.clipboard.writeText(link.href);
      copied.value = true;
      setTimeout(() => {
        copied.value = false;
      }, 2000);
    } catch {
      // The address bar has the link now, which is the next best place.
    }
  };
  return (
    <button type="button" class="button" onClick={() => void share()} title="The settings, never the picture">
      <LinkIcon />
      <span class="share-label">{copied.value ? "Copied" : "Share"}</span>
      <span class="visually-hidden" role="status">
        {copied.value ? "Link to these settings copied" : ""}
      </span>
    </button>
  );
}
