// Where the time went: figures of the last caption, and a bar that shows their shares.
import { useEffect } from "preact/hooks";
import { measureMemory, memory } from "../state/memory.ts";
import { model } from "../state/session.ts";
import { encoded, perToken, texts } from "../state/texts.ts";
import { bytes, duration } from "../state/units.ts";

/** The timing tab. */
export function TimingPanel() {
  const state = model.value;
  const result = texts.value[0]?.result;
  const encode = encoded.value?.milliseconds;
  useEffect(() => {
    if (result !== undefined) void measureMemory();
  }, [result]);
  const used = memory.value;
  return (
    <div class="timing">
      <dl class="figures">
        <Figure
          name="Load"
          what="checkpoint to ready"
          value={state.phase === "ready" ? duration(state.model.milliseconds) : undefined}
        />
        <Figure name="Encode" what="the picture, once" value={encode === undefined ? undefined : duration(encode)} />
        <Figure
          name="First word"
          what="reads picture and prompt"
          value={result && duration(result.firstMilliseconds)}
        />
        <Figure name="Per token" what="every word after it" value={result && duration(perToken(result))} />
        <Figure
          name="Memory"
          what={used !== undefined && "unknown" in used ? used.unknown : "page and workers"}
          value={used !== undefined && "bytes" in used ? bytes(used.bytes) : undefined}
        />
      </dl>
      <Shares
        parts={[
          { name: "encode", value: encode ?? 0 },
          { name: "first word", value: result?.firstMilliseconds ?? 0 },
          { name: "other words", value: result === undefined ? 0 : result.milliseconds - result.firstMilliseconds },
        ]}
      />
      <p class="quiet">
        {globalThis.crossOriginIsolated
          ? "This page is cross-origin isolated, so WebAssembly may use several threads."
          : "This page is served without the headers COOP and COEP, so WebAssembly runs on one thread: slower, otherwise the same."}
      </p>
    </div>
  );
}

function Figure({
  name,
  what,
  value,
}: {
  readonly name: string;
  readonly what: string;
  readonly value: string | undefined;
}) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="figure-value">{value ?? "–"}</dd>
      <dd class="figure-what">{what}</dd>
    </div>
  );
}

/** One bar, divided as the caption's time was. */
function Shares({ parts }: { readonly parts: readonly { readonly name: string; readonly value: number }[] }) {
  const sum = parts.reduce((total, { value }) => total + value, 0) || 1;
  let x = 0;
  return (
    <figure class="shares">
      <svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ name, value }, i) => {
          const width = (1000 * value) / sum;
          const bar = (
            <rect key={name} class={`share share-${i}`} x={x} y="0" width={Math.max(0, width - 3)} height="16" />
          );
          x += width;
          return bar;
        })}
      </svg>
      <figcaption>
        {parts.map(({ name, value }, i) => (
          <span class="share-key" key={name}>
            <i class={`share-dot share-${i}`} /> {name} {Math.round((100 * value) / sum)} %
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
