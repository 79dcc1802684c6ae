// What the webcam sees, and the buttons to look at it.
import { useEffect, useRef } from "preact/hooks";
import { camera, captionClip, captionLive, closeCamera, takePicture } from "../state/camera.ts";

/** The open webcam, filling the stage. */
export function Camera() {
  const video = useRef<HTMLVideoElement>(null);
  const stream = camera.value?.stream;
  useEffect(() => {
    if (video.current !== null && stream !== undefined) video.current.srcObject = stream;
  }, [stream]);
  return (
    <>
      <video ref={video} autoplay muted playsInline aria-label="What the webcam sees" />
      <div class="stage-actions">
        <button
          type="button"
          class="button button-primary"
          onClick={() => video.current && void takePicture(video.current)}
        >
          Take picture
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={camera.value?.live === "pictures"}
          onClick={() => video.current && void captionLive(video.current)}
        >
          Caption live
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={camera.value?.live === "clip"}
          onClick={() => video.current && void captionClip(video.current)}
        >
          As a clip
        </button>
        <button type="button" class="button" onClick={closeCamera}>
          Close
        </button>
      </div>
    </>
  );
}
