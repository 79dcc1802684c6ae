// The webcam: open, one picture at a time or one after the other. Nothing is kept but the last picture.
import { videoFrames } from "@glimpsejs/processor/web";
import { signal } from "@preact/signals";
import { messageOf } from "../port/client.ts";
import { beginLiveClip, endLiveClip, show, showLive } from "./session.ts";
import { subjectError } from "./subject.ts";

/** The open webcam. */
export interface CameraState {
  readonly stream: MediaStream;
  /** Whether what it sees is captioned all the time: picture by picture, or as a clip. */
  readonly live: "pictures" | "clip" | undefined;
}

/** The webcam while it is open. */
export const camera = signal<CameraState | undefined>(undefined);

/** Asks for the webcam and opens it. */
export async function openCamera(): Promise<void> {
  subjectError.value = undefined;
  try {
    const video = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video });
    // A stream that is only replaced would go on, and keep the webcam's light on.
    closeCamera();
    camera.value = { stream, live: undefined };
  } catch (error) {
    subjectError.value = `webcam: it cannot be used. ${messageOf(error)}.`.replace(/\.\.$/, ".");
  }
}

/** Closes it, if it is open; to be called before something else is shown, because the open webcam hides that. */
export function closeCamera(): void {
  endLiveClip();
  for (const track of camera.value?.stream.getTracks() ?? []) track.stop();
  camera.value = undefined;
}

/** Takes what the webcam sees now, closes it, and captions the picture. */
export async function takePicture(video: HTMLVideoElement): Promise<void> {
  const data = await picture(video);
  if (camera.value === undefined) return;
  if (data === null) {
    subjectError.value = "webcam: it shows nothing yet. Try again in a moment.";
    return;
  }
  closeCamera();
  await showPicture(data);
}

/** Captions one picture after the other until the webcam is closed or this is switched off. */
export async function captionLive(video: HTMLVideoElement): Promise<void> {
  const open = camera.value;
  if (open === undefined) return;
  endLiveClip();
  if (open.live === "pictures") {
    camera.value = { ...open, live: undefined };
    return;
  }
  const mine: CameraState = { ...open, live: "pictures" };
  camera.value = mine;
  while (camera.value === mine) {
    const data = await picture(video);
    // Closed or switched meanwhile: what was seen last must not take the place of what is shown now.
    if (data !== null && camera.value === mine) await showPicture(data);
    // A turn of the event loop at least, and no more than a few pictures a second.
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** What a video shows, as a file; null while it shows nothing. */
function picture(video: HTMLVideoElement): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function showPicture(data: Blob): Promise<void> {
  return show({ kind: "picture", name: "webcam picture", data, url: URL.createObjectURL(data) });
}

/** Captions the newest frames as a clip, again and again, until the webcam is closed or this is switched off. */
export async function captionClip(video: HTMLVideoElement): Promise<void> {
  const open = camera.value;
  if (open === undefined) return;
  if (open.live === "clip") {
    endLiveClip();
    camera.value = { ...open, live: undefined };
    return;
  }
  const mine: CameraState = { ...open, live: "clip" };
  camera.value = mine;
  if (await beginLiveClip()) {
    for await (const frame of videoFrames(video)) if (!(await showLive(frame))) break;
  }
  // Another model was chosen, or this one refused.
  if (camera.value === mine) {
    endLiveClip();
    camera.value = { ...open, live: undefined };
  }
}
