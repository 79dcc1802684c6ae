// What lies behind the caption: model, timing, beams, bench; one tab each, with the keys that tabs have.
import { signal } from "@preact/signals";
import { BeamPanel } from "./beam-panel.tsx";
import { BenchPanel } from "./bench-panel.tsx";
import { ModelPanel } from "./model-panel.tsx";
import { TimingPanel } from "./timing-panel.tsx";

const tabs = [
  { id: "model", name: "Model", Content: ModelPanel },
  { id: "timing", name: "Timing", Content: TimingPanel },
  { id: "beams", name: "Beams", Content: BeamPanel },
  { id: "bench", name: "Bench", Content: BenchPanel },
] as const;

/** The tab that is open. */
const openTab = signal<(typeof tabs)[number]["id"]>("timing");

/** Opens the model tab and brings it into view. */
export function openModelTab(): void {
  openTab.value = "model";
  const tab = document.querySelector<HTMLElement>("#tab-model");
  tab?.scrollIntoView({ block: "start" });
  tab?.focus({ preventScroll: true });
}

/** Tabs and the open one's content. */
export function Panel() {
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === openTab.value);
    const last = tabs.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[
      event.key
    ];
    const next = to === undefined ? undefined : tabs[to];
    if (next === undefined) return;
    event.preventDefault();
    openTab.value = next.id;
    document.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return (
    <section class="panel" aria-label="Behind the caption">
      <div class="tabs" role="tablist" aria-label="Behind the caption" onKeyDown={move}>
        {tabs.map(({ id, name }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`tab-${id}`}
            class="tab"
            aria-selected={openTab.value === id}
            aria-controls={`panel-${id}`}
            tabIndex={openTab.value === id ? 0 : -1}
            onClick={() => {
              openTab.value = id;
            }}
          >
            {name}
          </button>
        ))}
      </div>
      {tabs.map(({ id, Content }) => (
        <div
          key={id}
          class="tab-content"
          role="tabpanel"
          id={`panel-${id}`}
          aria-labelledby={`tab-${id}`}
          hidden={openTab.value !== id}
        >
          {openTab.value === id && <Content />}
        </div>
      ))}
    </section>
  );
}
