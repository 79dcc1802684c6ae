// The webcam as a clip: texts about its newest frames, of which the page gives one at a time.
import type { Git, LiveText } from "@glimpsejs/core";

/** Frames in, texts out. Frames belong to it, and it closes them. */
export class LiveClip {
  private readonly texts: AsyncGenerator<LiveText, void, undefined>;
  private readonly given: VideoFrame[] = [];
  private wake = () => {};
  private ended = false;

  constructor(git: Git) {
    this.texts = git.stream(this.frames());
  }

  /** The text about this frame and those before it that the model still sees. */
  async next(frame: VideoFrame): Promise<LiveText> {
    this.given.push(frame);
    this.wake();
    const { done, value } = await this.texts.next();
    if (done) throw new TypeError("live: the clip has ended.");
    return value;
  }

  /** Ends it and closes what is left. */
  async end(): Promise<void> {
    this.ended = true;
    this.wake();
    await this.texts.return();
    for (const frame of this.given) frame.close();
  }

  private async *frames(): AsyncGenerator<VideoFrame, void, undefined> {
    while (!this.ended) {
      const frame = this.given.shift();
      if (frame !== undefined) yield frame;
      else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}
