// A text whose words can be looked behind: hover, focus or press one to see where the model looked when it wrote it.
// One tab stop; the arrow keys move between the words.
import { useSignal } from "@preact/signals";
import { endLook, look, lookAt, lookAway, type TextState } from "../state/texts.ts";
import { splitWords } from "../state/words.ts";

/** The words of the text of number `index`. */
export function Words({ index, text }: { readonly index: number; readonly text: TextState }) {
  const focus = useSignal(0);
  const words = splitWords(text.text);
  const ready = text.phase === "done";
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -words.length, End: words.length }[event.key];
    if (event.key === "Escape") endLook();
    if (step === undefined) return;
    event.preventDefault();
    focus.value = Math.max(0, Math.min(words.length - 1, focus.value + step));
    const group = event.currentTarget;
    if (group instanceof HTMLElement) group.querySelectorAll<HTMLButtonElement>("button")[focus.value]?.focus();
  };
  if (!ready) {
    return (
      <p class="words" aria-hidden="true">
        {words.map((word, i) => (
          <span class="word word-new" key={i}>
            {word}
          </span>
        ))}
      </p>
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be a form; this is a text whose words react
    <p
      class="words"
      role="group"
      aria-label={`${text.question === undefined ? "Caption" : "Answer"}: ${text.text}. Arrow keys move between words and show where the model looked.`}
      onKeyDown={move}
    >
      {words.map((word, i) => {
        const at = look.value;
        const on = at?.text === index && at.word === i;
        return (
          <button
            type="button"
            class="word"
            key={i}
            tabIndex={i === Math.min(focus.value, words.length - 1) ? 0 : -1}
            aria-pressed={on && at.pinned}
            data-on={on}
            onPointerEnter={(event) =>
              event.pointerType === "mouse" && !at?.pinned && void lookAt({ text: index, word: i })
            }
            onPointerLeave={lookAway}
            onFocus={() => {
              focus.value = i;
              if (!look.value?.pinned) void lookAt({ text: index, word: i });
            }}
            onBlur={lookAway}
            onClick={() => {
              if (on && at.pinned) endLook();
              else void lookAt({ text: index, word: i }, true);
            }}
          >
            {word}
          </button>
        );
      })}
    </p>
  );
}
