// A worker that opens a clip and tells of its frames; for load-clip.browser.test.ts.
import { loadClip } from "@glimpsejs/processor/web";

self.onmessage = async ({ data: blob }: MessageEvent<Blob>) => {
  try {
    const clip = await loadClip(blob);
    const sums: number[] = [];
    for await (const { data } of clip.frames()) sums.push(data.reduce((sum, value) => sum + value, 0));
    self.postMessage({ indices: clip.indices, sums });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
