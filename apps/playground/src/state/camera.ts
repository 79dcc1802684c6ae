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
    camera.value = { stream: await navigator.mediaDevices.getUserMedia({ video }), live: undefined };
  } catch (error) {
    subjectError.value = `webcam: it cannot be used. ${messageOf(error)}.`.replace(/\.\.$/, ".");
  }
}

/** Closes it. */
export function closeCamera(): void {
  endLiveClip();
  for (const track of camera.value?.stream.getTracks() ?? []) track.stop();
  camera.value = undefined;
}

/** Takes what the webcam sees now, and captions it. */
export async function takePicture(video: HTMLVideoElement): Promise<void> {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const data = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (data !== null) await show({ kind: "picture", name: "webcam picture", data, url: URL.createObjectURL(data) });
}

/** Captions one picture after the other until the webcam is closed or this is switched off. */
export async function captionLive(video: HTMLVideoElement): Promise<void> {
  const open = camera.value;
  if (open === undefined) return;
  endLiveClip();
  camera.value = { ...open, live: open.live === "pictures" ? undefined : "pictures" };
  while (camera.value?.live === "pictures") {
    await takePicture(video);
    // A turn of the event loop at least, and no more than a few pictures a second.
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
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
