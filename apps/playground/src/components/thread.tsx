// Questions about the picture and their answers, in the order they were asked. The picture is not encoded again.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { model } from "../state/session.ts";
import { subject } from "../state/subject.ts";
import { ask, encoded, type TextState, texts } from "../state/texts.ts";
import { duration, score } from "../state/units.ts";
import { SendIcon } from "./icons.tsx";
import { Words } from "./words.tsx";

const general = ["what is this?", "what color is the background?"];

/** The thread and the field below it. */
export function Thread() {
  const draft = useSignal("");
  const end = useRef<HTMLLIElement>(null);
  const answers = texts.value.slice(1);
  const ready = model.value.phase === "ready" && encoded.value !== undefined;
  const asked = new Set(answers.map(({ question }) => question));
  const suggestions = (subject.value?.sample?.questions ?? general).filter((q) => !asked.has(q)).slice(0, 3);
  useEffect(() => {
    const list = end.current?.parentElement;
    list?.scrollTo({ top: list.scrollHeight });
  }, [answers.length]);

  const send = (question: string) => {
    const text = question.trim();
    if (text === "" || !ready) return;
    draft.value = "";
    void ask(text);
  };

  return (
    <section class="thread" aria-labelledby="thread-title">
      <h2 id="thread-title">Questions</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard */}
      <ol class="turns" tabIndex={0} aria-labelledby="thread-title">
        {answers.length === 0 && (
          <li class="quiet turns-empty">Ask anything about the picture. It is encoded once; every answer reuses it.</li>
        )}
        {answers.map((text, i) => (
          <li class="turn" key={i} ref={i === answers.length - 1 ? end : null}>
            <Turn index={i + 1} text={text} />
          </li>
        ))}
      </ol>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          send(draft.value);
        }}
      >
        <label class="visually-hidden" for="question">
          Question about the picture
        </label>
        <input
          id="question"
          type="text"
          autocomplete="off"
          placeholder="Ask about the picture"
          maxLength={400}
          value={draft.value}
          onInput={(event) => {
            draft.value = event.currentTarget.value;
          }}
        />
        <button type="submit" class="button button-primary ask-send" disabled={!ready} aria-label="Ask">
          <SendIcon />
        </button>
      </form>
      <ul class="suggestions" aria-label="Suggestions">
        {suggestions.map((question) => (
          <li key={question}>
            <button type="button" class="chip" disabled={!ready} onClick={() => send(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Turn({ index, text }: { readonly index: number; readonly text: TextState }) {
  const { question, phase, result, error } = text;
  return (
    <>
      <p class="question">{question}</p>
      <div class="answer" aria-live="polite" aria-busy={phase === "waiting" || phase === "writing"}>
        {phase === "failed" ? <p class="error-text">{error}</p> : <Words index={index} text={text} />}
        <p class="meta">
          {result && `score ${score(result.score)} · ${duration(result.milliseconds)} · picture not encoded again`}
        </p>
      </div>
    </>
  );
}
