// Where pictures come from: samples to click, a file, the clipboard, the webcam.
import { useSignal } from "@preact/signals";
import { openCamera } from "../state/camera.ts";
import { chooseFile, pastePicture } from "../state/files.ts";
import { type Sample, sampleUrl, showSample } from "../state/samples.ts";
import { subject } from "../state/subject.ts";
import { CameraIcon, PasteIcon, PictureIcon, PlayIcon } from "./icons.tsx";

/** Sample thumbnails and the buttons beneath them. */
export function Sources({ samples }: { readonly samples: readonly Sample[] }) {
  const hint = useSignal("");
  const paste = async () => {
    try {
      hint.value = (await pastePicture()) ? "" : "There is no picture on the clipboard.";
    } catch {
      hint.value = "This browser asks you to press Ctrl or Command and V instead.";
    }
  };
  return (
    <div class="sources">
      <ul class="samples" aria-label="Samples">
        {samples.map((sample) => {
          const on = subject.value?.sample?.file === sample.file;
          return (
            <li key={sample.file}>
              <button
                type="button"
                class="sample"
                aria-pressed={on}
                aria-label={`Sample ${sample.kind} ${numberOf(sample)}`}
                onClick={() => void showSample(sample)}
              >
                {sample.kind === "picture" ? (
                  <img src={sampleUrl(sample.file)} alt="" width="48" height="48" loading="lazy" draggable={false} />
                ) : (
                  <>
                    <video src={`${sampleUrl(sample.file)}#t=0.1`} muted playsInline preload="metadata" tabIndex={-1} />
                    <PlayIcon />
                  </>
                )}
              </button>
            </li>
          );
        })}
      </ul>
      <div class="source-buttons">
        <button type="button" class="button" onClick={chooseFile}>
          <PictureIcon /> Choose file
        </button>
        <button type="button" class="button" onClick={() => void paste()}>
          <PasteIcon /> Paste
        </button>
        <button type="button" class="button" onClick={() => void openCamera()}>
          <CameraIcon /> Webcam
        </button>
        <span class="source-hint" role="status">
          {hint.value}
        </span>
      </div>
    </div>
  );
}

/** "3" of pictures/03.jpg: samples have no other name, and one that said what they show would be a caption. */
function numberOf({ file }: Sample): string {
  return file.replace(/^.*\/0?|\..*$/g, "");
}
