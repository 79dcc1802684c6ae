// Pictures and clips from outside: chosen, dropped, pasted. Which of the two a file is, its type says; everything that
// is no clip is handed to the decoder as a picture, so that a bad file is refused in the decoder's words.
import { signal } from "@preact/signals";
import { closeCamera } from "./camera.ts";
import { show } from "./session.ts";

/** Whether something is being dragged over the page. */
export const dragging = signal(false);

/** Shows a file of the person's. */
export function showFile(file: File): Promise<void> {
  const kind = file.type.startsWith("video/") ? "clip" : "picture";
  closeCamera();
  return show({ kind, name: file.name || "pasted picture", data: file, url: URL.createObjectURL(file) });
}

/** Opens the browser's file dialog. */
export function chooseFile(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/*,video/*";
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file !== undefined) void showFile(file);
  });
  input.click();
}

/** Opens the browser's folder dialog. */
export function chooseFolder(onFolder: (name: string, files: readonly File[]) => void): void {
  const input = document.createElement("input");
  input.type = "file";
  input.webkitdirectory = true;
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    const name = files[0]?.webkitRelativePath.split("/")[0] ?? "folder";
    if (files.length > 0) onFolder(name, files);
  });
  input.click();
}

/** Takes the picture that the clipboard holds. Throws what the browser says where that is not allowed. */
export async function pastePicture(): Promise<boolean> {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((name) => name.startsWith("image/") || name.startsWith("video/"));
    if (type === undefined) continue;
    await showFile(new File([await item.getType(type)], "pasted picture", { type }));
    return true;
  }
  return false;
}

/** Listens for files that are dropped on the page or pasted into it. */
export function listenForFiles(target: Document): void {
  // Elements inside one another: on its way over them a drag enters the next one before it leaves the last.
  let depth = 0;
  const enter = (change: number) => {
    depth = Math.max(0, depth + change);
    dragging.value = depth > 0;
  };
  target.addEventListener("dragenter", () => enter(1));
  target.addEventListener("dragleave", () => enter(-1));
  target.addEventListener("dragover", (event) => event.preventDefault());
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    enter(-depth);
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) void showFile(file);
  });
  target.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (file !== undefined) void showFile(file);
  });
}
