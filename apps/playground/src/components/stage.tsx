// The picture or clip that is looked at, with the heat map of a word over it; or the place to put one.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { camera } from "../state/camera.ts";
import { chooseFile } from "../state/files.ts";
import { clear } from "../state/session.ts";
import { type Subject, subject, subjectError } from "../state/subject.ts";
import { encoded, look, lookedAt, texts } from "../state/texts.ts";
import { placeOf, splitWords } from "../state/words.ts";
import { Camera } from "./camera.tsx";
import { HeatMap } from "./heat-map.tsx";
import { CloseIcon, PictureIcon } from "./icons.tsx";
import { Notice } from "./notice.tsx";

/** The stage. */
export function Stage() {
  const at = subject.value;
  return (
    <div class="stage">
      <div class="stage-frame">
        {camera.value !== undefined ? <Camera /> : at === undefined ? <Empty /> : <Shown subject={at} />}
        {subjectError.value !== undefined && (
          <div class="stage-error">
            <Notice title="This cannot be looked at" message={subjectError.value} />
          </div>
        )}
      </div>
      <LookNote />
    </div>
  );
}

function Empty() {
  return (
    <button type="button" class="stage-empty" onClick={chooseFile}>
      <PictureIcon />
      <span class="stage-empty-title">Drop a picture or a clip here</span>
      <span class="stage-empty-hint">or paste one, or choose a file. It stays on this device.</span>
    </button>
  );
}

function Shown({ subject: at }: { readonly subject: Subject }) {
  const caption = texts.value[0];
  const word = lookedAt.value;
  const alt = caption?.phase === "done" ? caption.text : at.name;
  return (
    <>
      {at.kind === "picture" ? (
        <FittedPicture url={at.url} alt={alt}>
          {word !== undefined && <Overlay />}
        </FittedPicture>
      ) : (
        <>
          <video src={at.url} aria-label={alt} autoplay loop muted playsInline />
          {word !== undefined && <Frames />}
        </>
      )}
      <button type="button" class="stage-clear" onClick={clear} aria-label={`Take ${at.name} away`}>
        <CloseIcon />
      </button>
    </>
  );
}

/** A picture as large as the square stage allows, in a box of its own shape, so that a heat map can lie on it. */
function FittedPicture({
  url,
  alt,
  children,
}: {
  readonly url: string;
  readonly alt: string;
  readonly children: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  const fit = ({ naturalWidth, naturalHeight }: HTMLImageElement) => {
    const longer = Math.max(naturalWidth, naturalHeight, 1);
    if (box.current === null) return;
    box.current.style.width = `${(100 * naturalWidth) / longer}%`;
    box.current.style.height = `${(100 * naturalHeight) / longer}%`;
  };
  return (
    <div class="stage-picture" ref={box}>
      <img
        src={url}
        alt={alt}
        draggable={false}
        onLoad={(event) => fit(event.currentTarget)}
        // What is no picture is told of in words; the browser's mark for it says nothing more.
        onError={(event) => {
          event.currentTarget.hidden = true;
        }}
      />
      {children}
    </div>
  );
}

/** The heat map over the part of the picture that the model saw. */
function Overlay() {
  const box = useRef<HTMLDivElement>(null);
  const region = encoded.value?.region;
  const word = lookedAt.value;
  useEffect(() => {
    if (box.current === null || region === undefined) return;
    const { style } = box.current;
    for (const side of ["left", "top", "width", "height"] as const) style[side] = `${100 * region[side]}%`;
  }, [region]);
  return (
    <div class="stage-overlay" ref={box}>
      {word !== undefined && <HeatMap word={word} />}
    </div>
  );
}

/** The frames of a clip as the model saw them, each with its part of the heat map. */
function Frames() {
  const word = lookedAt.value;
  return (
    <div class="stage-frames">
      {encoded.value?.frames.map((frame, i) => (
        <div class="stage-clip-frame" key={i}>
          <Bitmap bitmap={frame} />
          {word !== undefined && <HeatMap word={word} frame={i} />}
        </div>
      ))}
    </div>
  );
}

function Bitmap({ bitmap }: { readonly bitmap: ImageBitmap }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext("2d")?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  return <canvas ref={canvas} width={bitmap.width} height={bitmap.height} />;
}

/** What the heat map says, in words. */
function LookNote() {
  const at = look.value;
  const word = lookedAt.value;
  const text = at && texts.value[at.text];
  const shown = at && text && splitWords(text.text)[at.word];
  return (
    <p class="look-note" aria-live="polite">
      {shown === undefined
        ? texts.value[0]?.phase === "done" && "Choose a word to see where the model looked."
        : word === undefined
          ? `“${shown}” …`
          : `“${shown}”: mostly ${placeOf(word.heat, word.rows, word.columns)}. ${Math.round(100 * word.imageShare)} % of the attention was on the ${word.frames > 1 ? "clip" : "picture"}.`}
    </p>
  );
}
