// The webcam: open, one picture at a time or one after the other. Nothing is kept but the last picture.
import { signal } from "@preact/signals";
import { messageOf, show, subjectError } from "./session.ts";

/** The open webcam. */
export interface CameraState {
  readonly stream: MediaStream;
  /** Whether pictures are captioned one after the other. */
  readonly live: boolean;
}

/** The webcam while it is open. */
export const camera = signal<CameraState | undefined>(undefined);

/** Asks for the webcam and opens it. */
export async function openCamera(): Promise<void> {
  subjectError.value = undefined;
  try {
    const video = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    camera.value = { stream: await navigator.mediaDevices.getUserMedia({ video }), live: false };
  } catch (error) {
    subjectError.value = `webcam: it cannot be used. ${messageOf(error)}.`.replace(/\.\.$/, ".");
  }
}

/** Closes it. */
export function closeCamera(): void {
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
  camera.value = { ...open, live: !open.live };
  while (camera.value?.live) {
    await takePicture(video);
    // A turn of the event loop at least, and no more than a few pictures a second.
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
